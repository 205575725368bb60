using System.CommandLine;
using Rxelon.Cli.Sessions;
using Rxelon.Shared.Values;

namespace Rxelon.Cli.Commands;

/// <summary><c>rxelon task compare</c>: compares a task's results that differ, from any machine with the account file.</summary>
internal static class TaskCompareCommand
{
    internal static Command Build(CliHost host)
    {
        var task = TaskCommands.TaskArgument();
        var command = new Command("compare", "Compare results that differ, of a task with a tolerance, until it has ended.") { task };
        command.SetAction((parsed, ct) =>
        {
            var session = CliSession.Of(parsed, host);
            var id = parsed.GetValue(task);
            return AttendCommands.RunAsync(
                session, id,
                found => found.Spec.Verify?.Tolerance is null
                    ? new Fault(FaultCodes.Conflict, "This task's results are compared byte by byte: nobody has to look at them.", Culprit.Input) : null,
                (login, found, order) => new ComparisonDesk(session, login).AttendAsync(id, order.Spec.Verify!.Tolerance!.Value, found.OwnerKey, ct),
                ct);
        });
        return command;
    }
}

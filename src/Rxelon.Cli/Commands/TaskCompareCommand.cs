using System.CommandLine;
using Rxelon.Cli.Output;
using Rxelon.Cli.Sessions;
using Rxelon.Client.KeyHolding;
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
            return session.WithHubAsync(async login =>
            {
                var id = parsed.GetValue(task);
                var answer = await login.Hub.TaskAsync(id, ct).ConfigureAwait(false);
                if (answer.Fault is { } unknown)
                    return session.Console.Fail(unknown);
                if (answer.Value.Spec.Verify?.Tolerance is null)
                    return session.Console.Fail(new Fault(FaultCodes.Conflict, "This task's results are compared byte by byte: nobody has to look at them.", Culprit.Input));
                var order = await new SignedOrder(login.Hub, host.Time).TermsAsync(id, login.Keys, ct).ConfigureAwait(false);
                if (order.Fault is { } unsigned)
                    return session.Console.Fail(unsigned);
                var fault = await new ComparisonDesk(session, login).AttendAsync(id, order.Value.Spec.Verify!.Tolerance!.Value, answer.Value.OwnerKey, ct).ConfigureAwait(false);
                if (fault is not null)
                    return session.Console.Fail(fault);
                if (session.Console.Json)
                    session.Console.Document(new DoneDocument(id.ToString(), "ended"));
                else
                    session.Console.Remark($"{id} has ended: rxelon task result {id}");
                return ExitCodes.Ok;
            });
        });
        return command;
    }
}

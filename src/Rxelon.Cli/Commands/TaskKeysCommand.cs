using System.CommandLine;
using Rxelon.Cli.Sessions;
using Rxelon.Shared.Values;
using Rxelon.Shared.Workloads;

namespace Rxelon.Cli.Commands;

/// <summary><c>rxelon task keys</c>: attends as key holder of a task under sealed custody, from any machine with the account file.</summary>
internal static class TaskKeysCommand
{
    internal static Command Build(CliHost host)
    {
        var task = TaskCommands.TaskArgument();
        var key = new Option<string?>("--key") { Description = "The ledger's key (name+id+base64); otherwise the one that was pinned." };
        var policy = new Option<string?>("--policy") { Description = "A policy file (C2SP tlog-policy) that did not come from the same hub." };
        var command = new Command("keys", "Hand over the keys of a task under sealed custody until it has ended.") { task, key, policy };
        command.SetAction((parsed, ct) =>
        {
            var session = CliSession.Of(parsed, host);
            var id = parsed.GetValue(task);
            return AttendCommands.RunAsync(
                session, id,
                found => found.Spec.Privacy.Custody == Custody.Managed
                    ? new Fault(FaultCodes.Conflict, "The hub's vault holds this task's keys: nobody has to hand them over.", Culprit.Input) : null,
                (login, found, order) =>
                {
                    session.Console.Remark(CustodyTerms.Limits(order.Spec.Privacy.Custody));
                    var handed = 0;
                    Func<CancellationToken, Task<Fault?>>[] comparing = order.Spec.Verify?.Tolerance is { } tolerance
                        ? [over => new ComparisonDesk(session, login).AttendAsync(id, tolerance, found.OwnerKey, over)] : [];
                    return Attendance.WhileAsync(
                        over => new KeyDesk(session, login).AttendAsync(
                            id, order, found.OwnerKey, parsed.GetValue(key), parsed.GetValue(policy),
                            news =>
                            {
                                if (news.HandedOver > handed)
                                    session.Console.Remark($"keys handed over: {handed = news.HandedOver}");
                            }, over), comparing, ct);
                },
                ct);
        });
        return command;
    }
}

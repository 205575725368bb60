using System.CommandLine;
using Rxelon.Cli.Output;
using Rxelon.Cli.Sessions;
using Rxelon.Client.KeyHolding;
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
            return session.WithHubAsync(async login =>
            {
                var answer = await login.Hub.TaskAsync(parsed.GetValue(task), ct).ConfigureAwait(false);
                if (answer.Fault is { } unknown)
                    return session.Console.Fail(unknown);
                var id = parsed.GetValue(task);
                if (answer.Value.Spec.Privacy.Custody == Custody.Managed)
                    return session.Console.Fail(new Fault(FaultCodes.Conflict, "The hub's vault holds this task's keys: nobody has to hand them over.", Culprit.Input));
                var order = await new SignedOrder(login.Hub, host.Time).TermsAsync(id, login.Keys, ct).ConfigureAwait(false);
                if (order.Fault is { } unsigned)
                    return session.Console.Fail(unsigned);
                session.Console.Remark(CustodyTerms.Limits(order.Value.Spec.Privacy.Custody));
                var handed = 0;
                Func<CancellationToken, Task<Fault?>>[] comparing = order.Value.Spec.Verify?.Tolerance is { } tolerance
                    ? [over => new ComparisonDesk(session, login).AttendAsync(id, tolerance, answer.Value.OwnerKey, over)] : [];
                var fault = await Attendance.WhileAsync(
                    over => new KeyDesk(session, login).AttendAsync(
                        id, order.Value, answer.Value.OwnerKey, parsed.GetValue(key), parsed.GetValue(policy),
                        news =>
                        {
                            if (news.HandedOver > handed)
                                session.Console.Remark($"keys handed over: {handed = news.HandedOver}");
                        }, over), comparing, ct).ConfigureAwait(false);
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

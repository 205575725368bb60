using Rxelon.Cli.Output;
using Rxelon.Cli.Sessions;
using Rxelon.Client.KeyHolding;
using Rxelon.Shared.Api;
using Rxelon.Shared.Ids;
using Rxelon.Shared.Values;

namespace Rxelon.Cli.Commands;

/// <summary>What commands have in common that do an owner's part in a task until it has ended.</summary>
internal static class AttendCommands
{
    /// <summary>
    /// Finds the task, refuses it when <paramref name="objection"/> says so, and attends by the terms that its owner signed: a hub that shows others
    /// cannot sign them.
    /// </summary>
    internal static Task<int> RunAsync(
        CliSession session, TaskId id, Func<TaskResponse, Fault?> objection, Func<Login, TaskResponse, OrderTerms, Task<Fault?>> attend, CancellationToken ct)
        => session.WithHubAsync(async login =>
        {
            var answer = await login.Hub.TaskAsync(id, ct).ConfigureAwait(false);
            if ((answer.Fault ?? objection(answer.Value)) is { } refused)
                return session.Console.Fail(refused);
            var order = await new SignedOrder(login.Hub, session.Host.Time).TermsAsync(id, login.Keys, ct).ConfigureAwait(false);
            if ((order.Fault ?? await attend(login, answer.Value, order.Value).ConfigureAwait(false)) is { } fault)
                return session.Console.Fail(fault);
            if (session.Console.Json)
                session.Console.Document(new DoneDocument(id.ToString(), "ended"));
            else
                session.Console.Remark($"{id} has ended: rxelon task result {id}");
            return ExitCodes.Ok;
        });
}

using Rxelon.Client.Hub;
using Rxelon.Client.Ledger;
using Rxelon.Client.Profiles;
using Rxelon.Shared.Ids;
using Rxelon.Shared.Ledger;
using Rxelon.Shared.Values;
using Rxelon.Shared.Workloads;
using TaskSubmitted = Rxelon.Shared.Journal.TaskSubmitted;

namespace Rxelon.Client.KeyHolding;

/// <summary>
/// A task's terms as its owner signed them, for a key holder that did not submit it itself: a hub that shows other terms, such as a shorter
/// list of denied operators, cannot sign them.
/// </summary>
public sealed class SignedOrder(HubClient hub, TimeProvider time)
{
    private static readonly TimeSpan AskAgain = TimeSpan.FromSeconds(1);
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(60);

    /// <summary>
    /// The terms, from the order in the task's receipt. Faults: not-yet when the ledger does not show the order within a minute;
    /// bad-signature when what it shows is not by this account's key; the hub's own.
    /// </summary>
    public async Task<Outcome<OrderTerms>> TermsAsync(TaskId task, AccountKeys owner, CancellationToken ct = default)
    {
        for (var started = time.GetTimestamp(); ;)
        {
            var file = await hub.TaskReceiptAsync(task, ct).ConfigureAwait(false);
            var receipt = file.Fault is { } missing ? missing : Receipt.Parse(file.Value);
            if (receipt.Fault is { Retryable: false } fault)
                return fault;
            if (receipt.IsOk && Find(receipt.Value, task) is { } order)
                return Read(order.Entity, order.Message, owner);
            if (time.GetElapsedTime(started) > Patience)
                return new Fault(FaultCodes.NotYet, $"The ledger does not show the order of {task} yet.", Culprit.Hub, Retryable: true);
            await Task.Delay(AskAgain, time, ct).ConfigureAwait(false);
        }
    }

    internal static Outcome<OrderTerms> Read(string entity, TaskSubmitted order, AccountKeys owner)
        => order.SigningKey.Span.SequenceEqual(owner.Signing.PublicKey) && SignatureChecks.IsOrder(entity, order)
            ? Terms(TaskSpec.Parse(order.Spec.Span), order.Parts.Count)
            : new Fault(FaultCodes.BadSignature, "The order that the hub shows is not signed by this account: nothing is sealed for it.", Culprit.Hub);

    private static Outcome<OrderTerms> Terms(Outcome<TaskSpec> spec, int parts) => spec.Fault is { } fault ? fault : new OrderTerms(spec.Value, parts);

    private static (string Entity, TaskSubmitted Message)? Find(Receipt receipt, TaskId task)
        => ReceiptEvent.Of(receipt).FirstOrDefault(e => e.Message is TaskSubmitted && EventFields.TaskOf(e.Entry.Entity) == task) is { } found
            ? (found.Entry.Entity, (TaskSubmitted)found.Message!)
            : null;
}

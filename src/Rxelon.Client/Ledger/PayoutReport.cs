using Rxelon.Shared.Ids;
using Rxelon.Shared.Values;

namespace Rxelon.Client.Ledger;

/// <summary>
/// An accepted part and its price: the operator's ask (micro-tokens per core-hour), metered wall time, billed thousandths of a core,
/// multipliers in thousandths; the charge by the formula, the attempt's cap, what is to be paid, and what the hub recorded. A part of a
/// verified task may cost nothing: <paramref name="Unpaid"/> says why.
/// </summary>
public sealed record PayoutPart(
    int Part, int Attempt, NodeId Node, AccountId Operator, Tokens Ask, long WallMillis, long BilledMillis, int DemandPermille, int TierPermille,
    int FeePermille, Tokens Charge, Tokens Cap, Tokens Computed, Tokens Recorded, string? Unpaid = null)
{
    /// <summary>The same part at no cost.</summary>
    internal PayoutPart For(int part, string why)
        => this with { Part = part, Charge = Tokens.Zero, Computed = Tokens.Zero, Recorded = Tokens.Zero, Unpaid = why };

    /// <summary>The charge was more than the attempt or the task may cost.</summary>
    public bool IsCapped => Computed < Charge;

    /// <summary>Recorded to the last micro-token as computed.</summary>
    public bool Agrees => Computed == Recorded;
}

/// <summary>What somebody is owed over all settlements.</summary>
public sealed record PayoutPayee(AccountId Payee, bool IsTreasury, Tokens Computed, Tokens Recorded);

/// <summary>One settlement: its number, how many parts it pays, their pay and what it returns, both as computed and as recorded.</summary>
public sealed record PayoutSettlement(
    int Number, int Parts, Tokens Computed, Tokens Recorded, bool Closed, Tokens ReturnedComputed, Tokens ReturnedRecorded);

/// <summary>
/// A task's money, recomputed from its receipt. <see cref="Differences"/> is empty when every number is what the published formula
/// gives; <see cref="Notes"/> tell what could not be checked yet.
/// </summary>
public sealed record PayoutReport(
    TaskId Task, Tokens? Held, Tokens? Returned, IReadOnlyList<PayoutPart> Parts, IReadOnlyList<PayoutSettlement> Settlements,
    IReadOnlyList<PayoutPayee> Payees, IReadOnlyList<string> Differences, IReadOnlyList<string> Notes)
{
    /// <summary>proof-failed, naming what differs; null when everything agrees.</summary>
    public Fault? Failure() => Differences.Count == 0 ? null : new Fault(
        FaultCodes.ProofFailed, $"The recorded money is not what the price formula gives. {string.Join(" ", Differences)}", Culprit.Hub);
}

using Google.Protobuf;
using Rxelon.Shared.Crypto;
using Rxelon.Shared.Ids;
using Rxelon.Shared.Journal;
using Rxelon.Shared.Verification;
using Rxelon.Shared.Workloads;
using static Rxelon.Client.Ledger.EventFields;

namespace Rxelon.Client.Ledger;

/// <summary>
/// The signatures inside a receipt's events, by keys that the hub does not have (docs/design/signatures.md). Ids follow from keys, so
/// nothing here is believed because the hub says so.
/// </summary>
internal sealed class SignatureChecks
{
    private const string Order = "order signature";
    private const string Results = "result signatures";
    private const string Promises = "answers promised and shown";
    private const string Comparisons = "comparison signatures";
    private const string Failures = "failure signatures";
    private const string Opening = "account signature";
    private const string Enrolment = "node signature";

    // A hub keeps this much of a report's message, and words reports of unknown codes anew; such a signature cannot be checked.
    private const int MaxKeptMessage = 2_000;
    private const string Reworded = "The node reported an unknown fault: ";

    private readonly Dictionary<NodeId, byte[]> _keys;
    private readonly Dictionary<AttemptId, byte[]> _promises = [];
    private readonly Dictionary<string, Tally> _tallies = new(StringComparer.Ordinal);

    private byte[] _owner = [];

    private SignatureChecks(IReadOnlyList<byte[]> nodeKeys)
        => _keys = nodeKeys.DistinctBy(NodeKey).ToDictionary(NodeKey, k => k);

    /// <summary>The names of these checks.</summary>
    internal static IReadOnlyList<string> Names { get; } = [Order, Results, Promises, Comparisons, Failures, Opening, Enrolment];

    internal static IEnumerable<ReceiptCheck> Of(IReadOnlyList<ReceiptEvent> events, IReadOnlyList<byte[]> nodeKeys)
    {
        var checks = new SignatureChecks(nodeKeys);
        var inputs = events.Where(e => TaskOf(e.Entry.Entity) is not null)
            .GroupBy(e => e.Entry.Entity).ToDictionary(g => g.Key, TaskInputs.Of);
        foreach (var e in events)
            checks.Add(e, inputs.GetValueOrDefault(e.Entry.Entity));
        return Names.Select(checks.Said);
    }

    private void Add(ReceiptEvent e, TaskInputs? inputs)
    {
        switch (e.Message)
        {
            case TaskSubmitted m:
                _owner = m.SigningKey.ToByteArray();
                Count(Order, IsOrder(e.Entry.Entity, m), "the order");
                break;
            case PartsAccepted m:
                foreach (var part in m.Parts)
                    Count(Results, IsResult(TaskOf(e.Entry.Entity), part, inputs), $"part {part.Attempt.Part}");
                break;
            case PartsReported m:
                foreach (var part in m.Parts)
                    Count(Promises, IsPromise(e.Entry.Entity, part), $"the promise for part {part.Attempt.Part}");
                break;
            case AnswersRevealed m:
                foreach (var answer in m.Answers)
                    Count(Promises, IsKept(e.Entry.Entity, answer), $"the answer for part {answer.Attempt.Part}");
                break;
            case AnswersCompared m:
                foreach (var group in m.Groups)
                    Count(Comparisons, IsCompared(e.Entry.Entity, group), $"the comparison of part {group.Part}");
                break;
            case AttemptsFailed m:
                foreach (var failure in m.Failures.Where(f => f.Signature.Length > 0))
                {
                    if (!IsKept(failure.Fault))
                        _tallies[Failures] = At(Failures) with { Skipped = At(Failures).Skipped + 1 };
                    else
                        Count(Failures, IsFailure(TaskOf(e.Entry.Entity), failure), $"part {failure.Attempt.Part}");
                }

                break;
            case AccountOpened { Signed: { } signed } m:
                Count(Opening, AccountOf(e.Entry.Entity) == AccountId.OfSigningKey(m.SigningKey.Span) && Signatures.Verify(
                    m.SigningKey.Span, SignedStatements.OpenAccount(m.SigningKey.Span, m.ExchangeKey.Span, signed.UnixMillis), signed.Signature.Span), "the opening");
                break;
            case NodeEnrolled { Signed: { } signed } m:
                Count(Enrolment, NodeOf(e.Entry.Entity) == NodeId.OfIdentityKey(m.IdentityKey.Span) && Signatures.Verify(
                    m.IdentityKey.Span, SignedStatements.EnrolDigests(m.IdentityKey.Span, signed.TokenSha256.Span, m.TlsSpkiSha256.Span), signed.Signature.Span), "the enrolment");
                break;
        }
    }

    internal static bool IsOrder(string entity, TaskSubmitted m)
    {
        var parts = m.Parts.Select(Blob).ToList();
        return TaskOf(entity) is { } task && Account(m.Owner) is { } owner && owner == AccountId.OfSigningKey(m.SigningKey.Span)
            && Blob(m.Program) is { } program && parts.TrueForAll(p => p is not null)
            && Signatures.Verify(
                m.SigningKey.Span,
                SignedStatements.Submit(task, owner, m.Spec.Span, [.. parts.Select(p => p!.Value)], program, new Shared.Values.Tokens(m.Budget)),
                m.Signature.Span);
    }

    private bool IsResult(TaskId? task, PartsAccepted.Types.Part m, TaskInputs? inputs)
        => Attempt(task, m.Attempt) is { } attempt && inputs?.Of(attempt.Part) is { } input
            && Blob(m.Result) is { } result && KeyOf(m.Node, out var node) is { } key
            && Signatures.Verify(key, SignedStatements.Result(attempt, node, input, result, Metering(m.Metering), m.Stop), m.Signature.Span);

    // The promise is remembered for the answer that follows it.
    private bool IsPromise(string entity, PartsReported.Types.Part m)
    {
        if (Attempt(TaskOf(entity), m.Attempt) is not { } attempt)
            return false;
        _promises[attempt] = m.Commitment.ToByteArray();
        return KeyOf(m.Node, out var node) is { } key
            && Signatures.Verify(key, SignedStatements.Commit(attempt, node, m.Commitment.Span), m.CommitSignature.Span);
    }

    private bool IsKept(string entity, AnswersRevealed.Types.Answer m)
        => Attempt(TaskOf(entity), m.Attempt) is { } attempt && _promises.TryGetValue(attempt, out var commitment)
            && m.Answer_.Length == Answer.Size && AnswerCommitment.Fits(commitment, attempt, m.Nonce.Span, Answer.FromBytes(m.Answer_.Span));

    // The owner signs about the part, with the key that signed the order before it; a node signs about its comparison.
    private bool IsCompared(string entity, AnswersCompared.Types.Group m)
    {
        var key = m.By is null ? _owner : KeyOf(m.Node, out _);
        return key is not null && TaskOf(entity) is { } task && (m.By?.Part ?? m.Part) is var part and >= 0
            && m.Classes.SelectMany(c => c.Attempts).All(a => a is { Part: >= 0, Number: >= 0 })
            && Signatures.Verify(
                key,
                SignedStatements.Compare(task, part, [.. m.Classes.Select(c => (IReadOnlyList<ResultAttempt>)[.. c.Attempts.Select(a => new ResultAttempt(a.Part, a.Number))])]),
                m.Signature.Span);
    }

    private bool IsFailure(TaskId? task, AttemptsFailed.Types.Failure m)
        => Attempt(task, m.Attempt) is { } attempt && KeyOf(m.Node, out var node) is { } key
            && Signatures.Verify(key, SignedStatements.Failure(attempt, node, m.Fault.Code, m.Fault.Message), m.Signature.Span);

    private static bool IsKept(Fault? fault)
        => fault is not null && fault.Message.Length < MaxKeptMessage && !fault.Message.StartsWith(Reworded, StringComparison.Ordinal);

    private static AttemptId? Attempt(TaskId? task, Attempt? attempt)
        => task is { } id && attempt is { Part: >= 0, Number: >= 0 } ? new AttemptId(id, attempt.Part, attempt.Number) : null;

    private byte[]? KeyOf(ByteString id, out NodeId node)
    {
        node = Node(id) ?? default;
        return node.IsUnset ? null : _keys.GetValueOrDefault(node);
    }

    private static NodeId NodeKey(byte[] key) => NodeId.OfIdentityKey(key);

    private Tally At(string name) => _tallies.GetValueOrDefault(name) ?? new Tally(0, 0, null);

    private void Count(string name, bool holds, string what)
        => _tallies[name] = holds ? At(name) with { Good = At(name).Good + 1 } : At(name) with { Bad = At(name).Bad ?? what };

    private ReceiptCheck Said(string name)
    {
        var (good, skipped, bad) = At(name);
        var more = skipped == 0 ? "" : $" {skipped} more cannot be checked, since the hub shortened or reworded the message.";
        if (bad is not null)
            return new(name, CheckResult.Failed, $"The signature of {bad} is not by the key that its id follows from, or that key is missing.");
        return good == 0
            ? new(name, CheckResult.NotApplicable, $"There is none in this receipt.{more}")
            : new(name, CheckResult.Ok, $"{good} verified.{more}");
    }

    private sealed record Tally(int Good, int Skipped, string? Bad);
}

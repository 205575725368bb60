using Akka.Actor;
using Akka.Event;
using Rxelon.Domain.Tasks;
using Rxelon.Shared.Ids;
using Rxelon.Shared.Values;
using Rxelon.Shared.Verification;
using Rxelon.Shared.Wire;
using Rxelon.Shared.Workloads;

namespace Rxelon.Hub.Edge.Sessions;

/// <summary>
/// The node's half of a session's work: reports, failures and uploads. Runs inside the session's actor. Results are durable in the
/// blob store before the task hears of them, and the node hears last.
/// </summary>
internal sealed class SessionResults(
    NodeId node, SessionServices services, Calls calls, SessionWindow window, AttemptBook book, IActorRef self, ILoggingAdapter log)
{
    private const int MaxRevealsPerFrame = 1_000;
    private static readonly TimeSpan PathLifetime = TimeSpan.FromHours(1);
    private readonly HashSet<AttemptId> _reporting = [];
    private List<Verified> _toStore = [];
    private SessionChannel? _channel;
    private bool _storing;

    internal bool IsBusy => _reporting.Count > 0;

    internal void Open(SessionChannel channel) => _channel = channel;

    internal void Close() => _channel = null;

    /// <summary>A result. Null, or how the frame breaks the protocol.</summary>
    internal string? Report(AttemptReport report)
    {
        if (!WireMap.TryRead(report.Attempt, out var attempt) || !WireMap.TryRead(report.Result, out var result)
            || report.InputId.Length != BlobId.Size || !WireMap.IsPlausible(report.Metering))
            return "its report cannot be read";
        if (!_reporting.Add(attempt))
            return null;
        WithTerms(attempt, terms => Check(report, attempt, result, terms));
        return null;
    }

    /// <summary>A failed attempt. Null, or how the frame breaks the protocol.</summary>
    internal string? Failure(AttemptFailure failure)
    {
        if (!WireMap.TryRead(failure.Attempt, out var attempt))
            return "its failure report cannot be read";
        if (!ReportCheck.IsSigned(failure, attempt, node, _channel!.IdentityKey))
            return "its failure report is not signed by its identity";
        if (!_reporting.Add(attempt))
            return null;
        var fault = FaultRules.Classify(failure.Code, failure.Message);
        var signature = failure.Signature.ToByteArray();
        WithTerms(attempt, terms =>
        {
            var part = WireMap.PartOf(attempt);
            if (terms is { } bounds && ReportCheck.CheckpointOf(failure, attempt, node, bounds.OutputBytes, _channel?.IdentityKey) is { } left)
            {
                Keep(new Verified(
                    attempt, bounds.Owner, left, left.IsInline ? failure.Checkpoint.Inline.ToByteArray() : null, null,
                    new FailedAttempt(part, fault, null, signature) { Checkpoint = left, CheckpointSignature = failure.CheckpointSignature.ToByteArray() }));
            }
            else if (terms is { } known && WireMap.TryRead(failure.Log, out var logged) && ReportCheck.IsWhole(failure.Log, logged))
                Keep(new Verified(attempt, known.Owner, logged, failure.Log.Inline.ToByteArray(), null, new FailedAttempt(part, fault, logged, signature)));
            else
                Failed(attempt, new FailedAttempt(part, fault, null, signature));
        });
        return null;
    }

    /// <summary>The node wants to upload a result that is too large for the link. Null, or how the frame breaks the protocol.</summary>
    internal string? Upload(UploadRequest request)
    {
        if (!WireMap.TryRead(request.Attempt, out var attempt) || request.Id.Length != BlobId.Size || request.Size <= 0)
            return "its upload request cannot be read";
        var blob = new BlobRef(BlobId.FromDigest(request.Id.Span), request.Size);
        WithTerms(attempt, terms =>
        {
            var grant = new UploadGrant { Attempt = request.Attempt, Id = request.Id };
            if (terms is not { } known)
                grant.Code = FaultCodes.StaleAttempt;
            else if (blob.Size > ReportCheck.MaxResultBytes(known.OutputBytes))
                grant.Code = FaultCodes.OutputLimit;
            else
                grant.Path = services.Urls.Put(known.Owner, blob, PathLifetime);
            _channel?.Send(new ToNode { UploadGrant = grant });
        });
        return null;
    }

    /// <summary>Asks the node for what it promised.</summary>
    internal void AskReveals(AskReveals ask)
    {
        foreach (var some in ask.Attempts.Chunk(MaxRevealsPerFrame))
        {
            var frame = new RevealRequest();
            frame.Attempts.AddRange(some.Select(a => WireMap.Key(new AttemptId(ask.Task, a.Part, a.Number))));
            _channel?.Send(new ToNode { Reveal = frame });
        }
    }

    /// <summary>The node shows what it promised; whether it fits is the task's to say. Null, or how the frame breaks the protocol.</summary>
    internal string? Revealed(Reveals reveals)
    {
        var shown = new List<(TaskId Task, RevealedAnswer Answer)>();
        foreach (var r in reveals.Reveals_)
        {
            if (!WireMap.TryRead(r.Attempt, out var attempt) || r.Nonce.Length != AnswerCommitment.NonceSize || r.Answer.Length != Shared.Verification.Answer.Size)
                return "its answers cannot be read";
            shown.Add((attempt.Task, new RevealedAnswer(WireMap.PartOf(attempt), r.Nonce.ToByteArray(), Shared.Verification.Answer.FromBytes(r.Answer.Span))));
        }

        foreach (var group in shown.GroupBy(s => s.Task, s => s.Answer))
        {
            RevealedAnswer[] answers = [.. group];
            calls.Send(() => services.Tasks, () => new RevealAnswers(group.Key, node, answers, services.Now), _ => { });
        }

        return null;
    }

    internal void On(Stored stored)
    {
        _storing = false;
        foreach (var group in stored.Items.GroupBy(i => i.Attempt.Task))
        {
            foreach (var failed in group.Where(i => i.Failure is not null || i.Problem is not null))
                Failed(failed.Attempt, failed.Problem is { } problem
                    ? new FailedAttempt(WireMap.PartOf(failed.Attempt), failed.Failure?.Fault ?? problem, null, failed.Failure?.Signature ?? [])
                    : failed.Failure!);
            var results = group.Where(i => i is { Result: not null, Problem: null }).ToList();
            if (results.Count > 0)
                Accept(group.Key, results);
        }

        StoreNext();
    }

    private void Answer(AttemptId attempt, Fault? fault)
    {
        _reporting.Remove(attempt);
        book.Remove(attempt);
        _channel?.Send(new ToNode
        {
            ReportAck = new ReportAck
            {
                Attempt = WireMap.Key(attempt),
                Accepted = fault is null,
                Code = fault?.Code ?? "",
                Message = fault?.Message ?? "",
            },
        });
    }

    private void WithTerms(AttemptId attempt, Action<Terms?> then)
    {
        if (book.TryFind(attempt, out var owner, out var input, out var output))
        {
            then(new Terms(owner, input, output));
            return;
        }

        Learn(attempt.Task, () => then(book.TryFind(attempt, out var o, out var i, out var bytes) ? new Terms(o, i, bytes) : null));
    }

    /// <summary>Reads what this process does not know of a task's attempts from the task.</summary>
    internal void Learn(TaskId task, Action then)
        => calls.Send(() => services.Tasks, () => new GetTask(task, null, services.Now), reply =>
        {
            if (reply is TaskView view && _channel is not null)
                book.Learn(view, node);
            then();
        });

    private void Check(AttemptReport report, AttemptId attempt, BlobRef result, Terms? terms)
    {
        if (_channel is null)
        {
            _reporting.Remove(attempt);
            return;
        }

        if (terms is not { } known)
        {
            Answer(attempt, new Fault(FaultCodes.StaleAttempt, "This attempt is not the current one any more."));
            return;
        }

        if (ReportCheck.Of(report, attempt, node, result, known.Input, known.OutputBytes, _channel.IdentityKey) is { } fault)
        {
            log.Warning("A report of {Attempt} by {Node} was refused: {Code}", attempt, node, fault.Code);
            Failed(attempt, new FailedAttempt(WireMap.PartOf(attempt), fault, null, []));
            return;
        }

        var reported = new ReportedResult(WireMap.PartOf(attempt), result, WireMap.Metering(report.Metering), report.Signature.ToByteArray(), report.Stop)
        {
            Promise = report.Commitment.IsEmpty ? null : (report.Commitment.ToByteArray(), report.CommitSignature.ToByteArray()),
            Compared = report.Equal.Count == 0 ? null
                : ([.. ReportCheck.ClassesOf(report).Select(c => (IReadOnlyList<PartAttempt>)[.. c.Select(a => new PartAttempt(a.Part, a.Attempt))])], report.EqualSignature.ToByteArray()),
        };
        Keep(new Verified(attempt, known.Owner, result, result.IsInline ? report.Result.Inline.ToByteArray() : null, reported, null));
    }

    private void Keep(Verified item)
    {
        _toStore.Add(item);
        StoreNext();
    }

    // One batch at a time: what arrives meanwhile shares the next commit.
    private void StoreNext()
    {
        if (_storing || _toStore.Count == 0)
            return;
        _storing = true;
        var batch = _toStore;
        _toStore = [];
        ResultStore.KeepAsync(services.Blobs, batch).PipeTo(
            self,
            success: kept => new Stored(kept),
            failure: _ => new Stored(batch.ConvertAll(i => i with { Problem = SessionWork.Unreadable })));
    }

    private void Accept(TaskId task, List<Verified> results)
        => calls.Send(
            () => services.Tasks,
            () => new AcceptResults(task, node, results.ConvertAll(r => r.Result!), services.Now),
            reply =>
            {
                var answers = reply is ResultsAnswered answered
                    ? answered.Answers.ToDictionary(a => a.Attempt, a => a.Refusal)
                    : [];
                var refusal = (reply as TaskRefused)?.Fault ?? new Fault(FaultCodes.StaleAttempt, "The task does not know this attempt.");
                foreach (var result in results)
                {
                    var fault = answers.GetValueOrDefault(WireMap.PartOf(result.Attempt), reply is ResultsAnswered ? null : refusal);
                    if (fault is null)
                        window.Accepted++;
                    Answer(result.Attempt, fault);
                }
            });

    private void Failed(AttemptId attempt, FailedAttempt failure)
    {
        if (failure.Fault.Code != FaultCodes.HandedOver)
            window.Failed++;
        calls.Send(
            () => services.Tasks,
            () => new FailAttempts(attempt.Task, node, [failure], services.Now),
            _ => Answer(attempt, failure.Fault));
    }

    /// <summary>To itself: these are durable, or carry a problem.</summary>
    internal sealed record Stored(IReadOnlyList<Verified> Items) : INoSerializationVerificationNeeded;

    private readonly record struct Terms(AccountId Owner, BlobId Input, long OutputBytes);
}

/// <summary>A checked report whose ciphertext is to be kept. Null content: it was uploaded already.</summary>
internal sealed record Verified(
    AttemptId Attempt, AccountId Owner, BlobRef Blob, byte[]? Content, ReportedResult? Result, FailedAttempt? Failure, Fault? Problem = null);

using Akka.Actor;
using Akka.Event;
using Rxelon.Domain.Nodes;
using Rxelon.Domain.Tasks;
using Rxelon.Shared.Ids;
using Rxelon.Shared.Values;
using Rxelon.Shared.Wire;
using Rxelon.Shared.Workloads;

namespace Rxelon.Hub.Edge.Sessions;

/// <summary>
/// The work of a session: parts out, keys out, results in. Runs inside the session's actor; what it waits for (blobs, entities)
/// comes back as messages. Results are durable in the blob store before the task hears of them, and the node hears last.
/// </summary>
internal sealed class SessionWork(
    NodeId node, SessionServices services, Calls calls, SessionWindow window, IActorRef self, ILoggingAdapter log)
{
    private const int MaxGrantsPerFrame = 250;
    private const uint PhaseReady = 2;
    private static readonly TimeSpan PathLifetime = TimeSpan.FromHours(1);

    private readonly AttemptBook _book = new();
    private readonly HashSet<TaskId> _programSent = [];
    private readonly HashSet<AttemptId> _reporting = [];
    private List<Verified> _toStore = [];
    private SessionChannel? _channel;
    private bool _storing;

    internal bool IsBusy => _book.Count > 0 || _reporting.Count > 0;

    internal int Running => _book.Count;

    /// <summary>
    /// Before a session opens: every task that this node named or that an earlier session placed here says which attempts go on.
    /// </summary>
    internal void Resume(ulong epoch, Hello hello, Action<IReadOnlyList<AttemptId>> then, Func<bool> stillWanted)
    {
        var named = new List<AttemptId>();
        foreach (var running in hello.Running)
        {
            if (WireMap.TryRead(running.Attempt, out var attempt))
                named.Add(attempt);
        }

        var byTask = named.ToLookup(a => a.Task);
        var tasks = byTask.Select(g => g.Key).Union(_book.Tasks).ToList();
        var stop = new List<AttemptId>();
        var open = tasks.Count;
        if (open == 0)
        {
            _book.Clear();
            then(stop);
            return;
        }

        foreach (var task in tasks)
        {
            var mine = byTask[task].ToList();
            calls.Send(
                () => services.Tasks,
                () => new ResumeAttempts(task, node, epoch, mine.ConvertAll(WireMap.PartOf), services.Now),
                reply =>
                {
                    stop.AddRange(reply is AttemptsSorted sorted
                        ? sorted.Stop.Select(a => new AttemptId(task, a.Part, a.Number))
                        : mine);
                    if (--open == 0 && stillWanted())
                        Sort(named, stop, then);
                });
        }
    }

    /// <summary>The session is open: attempts that hold their input but may have missed their keys get them.</summary>
    internal void Opened(SessionChannel channel, Hello hello, IReadOnlyList<AttemptId> stop)
    {
        _channel = channel;
        _programSent.Clear();
        var ready = new PartsReady();
        ready.Attempts.AddRange(hello.Running
            .Where(r => r.Phase == PhaseReady && WireMap.TryRead(r.Attempt, out var attempt) && !stop.Contains(attempt))
            .Select(r => r.Attempt));
        Ready(ready);
    }

    /// <summary>The session ended: its attempts are lost.</summary>
    internal void Lose(Fault fault)
    {
        foreach (var group in _book.Attempts.GroupBy(a => a.Task).ToList())
        {
            var failures = group.Select(a => new FailedAttempt(WireMap.PartOf(a), fault, null, [])).ToList();
            window.Lost += failures.Count;
            calls.Send(() => services.Tasks, () => new FailAttempts(group.Key, node, failures, services.Now), _ => { });
        }

        _book.Clear();
        _channel = null;
    }

    internal void Record(NodeWindow counts)
        => calls.Send(() => services.Nodes, () => new RecordNodeWindow(node, counts, services.Now), _ => { });

    internal void Start(StartParts start)
    {
        _book.Add(start.Task, start.Owner, start.Spec.Limits.OutputBytes, start.Parts);
        var withProgram = start.Program.IsInline && _programSent.Add(start.Task);
        var ids = start.Parts.Where(p => p.Input.IsInline).Select(p => p.Input.Id).ToList();
        if (withProgram)
            ids.Insert(0, start.Program.Id);
        var epoch = _channel!.Epoch;
        services.Blobs.ReadSmallAsync(ids, CancellationToken.None)
            .PipeTo(self, success: contents => new BlobsRead(epoch, start, withProgram, contents), failure: e => new BlobsRead(epoch, start, withProgram, null));
    }

    internal void On(BlobsRead read)
    {
        if (_channel is null || _channel.Epoch != read.Epoch)
            return;
        var start = read.Start;
        var next = 0;
        var program = Reference(start.Program, read.WithProgram ? Content() : null);
        // A node that lost its copy can always fetch it.
        program.Path = services.Urls.Get(start.Program, PathLifetime);
        if (read.Contents is null || (read.WithProgram && program.Inline.IsEmpty))
        {
            _programSent.Remove(start.Task);
            Fail(start, start.Parts, read.Contents is null ? Unreadable : Missing(start.Program));
            return;
        }

        var parts = new List<AssignedPart>();
        foreach (var (attempt, input) in start.Parts)
        {
            var content = input.IsInline ? Content() : null;
            if (input.IsInline && content is null)
                Fail(start, [(attempt, input)], Missing(input));
            else if (_book.Contains(new AttemptId(start.Task, attempt.Part, attempt.Number)))
                parts.Add(new AssignedPart { Part = (uint)attempt.Part, Number = (uint)attempt.Number, Input = Reference(input, content) });
        }

        foreach (var frame in AssignFrames.Cut(Assignment(start, program), parts))
            _channel.Send(frame);

        byte[]? Content() => read.Contents is { } all && next < all.Count ? all[next++] : null;
    }

    internal void Grant(GrantParts grant)
    {
        foreach (var chunk in grant.Grants.Chunk(MaxGrantsPerFrame))
        {
            var frame = new KeyGrants();
            frame.Grants.AddRange(chunk.Select(g => new KeyGrant
            {
                Attempt = WireMap.Key(new AttemptId(grant.Task, g.Attempt.Part, g.Attempt.Number)),
                Sealed = WireMap.Bytes(g.Sealed),
            }));
            _channel!.Send(new ToNode { KeyGrants = frame });
        }
    }

    internal void Stop(StopParts stop)
    {
        foreach (var part in stop.Parts)
        {
            var attempt = new AttemptId(stop.Task, part.Part, part.Number);
            _book.Remove(attempt);
            _channel!.Send(new ToNode { Stop = new StopAttempt { Attempt = WireMap.Key(attempt), Reason = stop.Reason } });
        }
    }

    /// <summary>The node holds these inputs, verified: their keys may be released. Null, or how the frame breaks the protocol.</summary>
    internal string? Ready(PartsReady ready)
    {
        var attempts = new List<AttemptId>();
        foreach (var key in ready.Attempts)
        {
            if (!WireMap.TryRead(key, out var attempt))
                return "it named an attempt that cannot be";
            attempts.Add(attempt);
        }

        var channel = _channel!;
        foreach (var group in attempts.GroupBy(a => a.Task))
        {
            var parts = group.Select(WireMap.PartOf).ToList();
            calls.Send(
                () => services.Tasks,
                () => new ReleaseKeys(group.Key, node, channel.Epoch, channel.SessionKey, parts, services.Now),
                reply =>
                {
                    if (reply is TaskRefused refused && _channel == channel)
                        StopAll(group, refused.Fault);
                });
        }

        return null;
    }

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
            if (terms is { } known && WireMap.TryRead(failure.Log, out var logged) && ReportCheck.IsWhole(failure.Log, logged))
                Keep(new Verified(attempt, known.Owner, logged, failure.Log.Inline.ToByteArray(), null, new FailedAttempt(WireMap.PartOf(attempt), fault, logged, signature)));
            else
                Failed(attempt, new FailedAttempt(WireMap.PartOf(attempt), fault, null, signature));
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

    private static Fault Unreadable { get; } = new(FaultCodes.Unavailable, "The hub could not read its blobs.", Culprit.Hub, Retryable: true);

    private static Fault Missing(BlobRef blob) => new(FaultCodes.BlobMissing, $"Blob {blob.Id} is not stored here.", Culprit.Hub, Retryable: true);

    private static AssignParts Assignment(StartParts start, Blob program) => new()
    {
        Task = WireMap.Bytes(start.Task.ToBytes()),
        Kind = (uint)start.Spec.Kind,
        Image = start.Spec.Image ?? "",
        Resources = WireMap.Resources(start.Spec.Resources),
        TimeSeconds = start.Spec.Limits.TimeSeconds,
        OutputBytes = start.Spec.Limits.OutputBytes,
        Cipher = start.Spec.Privacy.Cipher,
        Program = program,
        PartsTotal = (uint)start.PartsTotal,
    };

    private void Sort(List<AttemptId> named, List<AttemptId> stop, Action<IReadOnlyList<AttemptId>> then)
    {
        var keep = named.Except(stop).ToHashSet();
        window.Lost += _book.Attempts.Count(a => !keep.Contains(a));
        var known = _book.Attempts.Where(keep.Contains).ToHashSet();
        foreach (var gone in _book.Attempts.Where(a => !keep.Contains(a)).ToList())
            _book.Remove(gone);
        // Attempts placed by an earlier hub process: their terms are read from the task.
        foreach (var task in keep.Where(a => !known.Contains(a)).Select(a => a.Task).Distinct())
            Learn(task, () => { });
        then(stop);
    }

    private void Learn(TaskId task, Action then)
        => calls.Send(() => services.Tasks, () => new GetTask(task, null, services.Now), reply =>
        {
            if (reply is TaskView view && _channel is not null)
                _book.Learn(view, node);
            then();
        });

    private void WithTerms(AttemptId attempt, Action<Terms?> then)
    {
        if (_book.TryFind(attempt, out var owner, out var input, out var output))
        {
            then(new Terms(owner, input, output));
            return;
        }

        Learn(attempt.Task, () => then(_book.TryFind(attempt, out var o, out var i, out var bytes) ? new Terms(o, i, bytes) : null));
    }

    private Blob Reference(BlobRef blob, byte[]? inline)
    {
        var reference = new Blob { Id = WireMap.Bytes(blob.Id.ToDigest()), Size = blob.Size };
        if (inline is not null)
            reference.Inline = WireMap.Bytes(inline);
        else if (!blob.IsInline)
            reference.Path = services.Urls.Get(blob, PathLifetime);
        return reference;
    }

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

        var reported = new ReportedResult(WireMap.PartOf(attempt), result, WireMap.Metering(report.Metering), report.Signature.ToByteArray());
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
            failure: _ => new Stored(batch.ConvertAll(i => i with { Problem = Unreadable })));
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
        window.Failed++;
        calls.Send(
            () => services.Tasks,
            () => new FailAttempts(attempt.Task, node, [failure], services.Now),
            _ => Answer(attempt, failure.Fault));
    }

    private void Fail(StartParts start, IReadOnlyList<(PartAttempt Attempt, BlobRef Input)> parts, Fault fault)
    {
        foreach (var (part, _) in parts)
        {
            var attempt = new AttemptId(start.Task, part.Part, part.Number);
            _book.Remove(attempt);
            calls.Send(
                () => services.Tasks,
                () => new FailAttempts(start.Task, node, [new FailedAttempt(part, fault, null, [])], services.Now), _ => { });
        }
    }

    private void StopAll(IEnumerable<AttemptId> attempts, Fault fault)
    {
        foreach (var attempt in attempts)
        {
            _book.Remove(attempt);
            _channel!.Send(new ToNode { Stop = new StopAttempt { Attempt = WireMap.Key(attempt), Reason = fault.Message } });
        }
    }

    private void Answer(AttemptId attempt, Fault? fault)
    {
        _reporting.Remove(attempt);
        _book.Remove(attempt);
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

    /// <summary>To itself: the ciphertext of an assignment, or null contents when the store failed.</summary>
    internal sealed record BlobsRead(ulong Epoch, StartParts Start, bool WithProgram, IReadOnlyList<byte[]?>? Contents)
        : INoSerializationVerificationNeeded;

    /// <summary>To itself: these are durable, or carry a problem.</summary>
    internal sealed record Stored(IReadOnlyList<Verified> Items) : INoSerializationVerificationNeeded;

    private readonly record struct Terms(AccountId Owner, BlobRef Input, long OutputBytes);
}

/// <summary>A checked report whose ciphertext is to be kept. Null content: it was uploaded already.</summary>
internal sealed record Verified(
    AttemptId Attempt, AccountId Owner, BlobRef Blob, byte[]? Content, ReportedResult? Result, FailedAttempt? Failure, Fault? Problem = null);

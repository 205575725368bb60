using System.Globalization;
using Akka.Actor;
using Rxelon.Domain.Nodes;
using Rxelon.Domain.Tasks;
using Rxelon.Shared.Ids;
using Rxelon.Shared.Integrity;
using Rxelon.Shared.Values;
using Rxelon.Shared.Wire;
using Rxelon.Shared.Workloads;

namespace Rxelon.Hub.Edge.Sessions;

/// <summary>
/// The hub's half of a session's work: what goes on after a hello, parts out, keys out, stops. Runs inside the session's actor;
/// what it waits for (blobs, entities) comes back as messages.
/// </summary>
internal sealed class SessionWork(
    NodeId node, SessionServices services, Calls calls, SessionWindow window, AttemptBook book, SessionResults results, IActorRef self)
{
    private const int MaxGrantsPerFrame = 250;
    private const int MaxGrantBytesPerFrame = 96 * 1024;
    private const uint PhaseReady = 2;
    private const int MaxQuote = 16 * 1024;

    // Needed results of at most this size ride along, as long as all of them together are not too much for the link.
    private const long SmallResult = 4 << 10;
    private const long SmallResultsTogether = 8 << 20;
    private static readonly TimeSpan PathLifetime = TimeSpan.FromHours(1);

    private readonly HashSet<(TaskId, string)> _programSent = [];
    private SessionChannel? _channel;

    internal bool IsBusy => book.Count > 0 || results.IsBusy;

    internal int Running => book.Count;

    /// <summary>
    /// Before a session opens: every task that this node named or that an earlier session placed here says which attempts go on.
    /// <paramref name="died"/>: the earlier session was another process's, which was heard until now and ended without a word.
    /// </summary>
    internal void Resume(ulong epoch, Hello hello, bool died, Action<IReadOnlyList<AttemptId>> then, Func<bool> stillWanted)
    {
        var named = new List<AttemptId>();
        foreach (var running in hello.Running)
        {
            if (WireMap.TryRead(running.Attempt, out var attempt))
                named.Add(attempt);
        }

        var settled = book.Attempts.ToHashSet();
        var byTask = named.ToLookup(a => a.Task);
        var tasks = byTask.Select(g => g.Key).Union(book.Tasks).ToList();
        var stop = new List<AttemptId>();
        var open = tasks.Count;
        if (open == 0)
        {
            then(stop);
            return;
        }

        foreach (var task in tasks)
        {
            var mine = byTask[task].ToList();
            calls.Send(
                () => services.Tasks,
                () => new ResumeAttempts(task, node, epoch, mine.ConvertAll(WireMap.PartOf), services.Now) { NodeDied = died },
                reply =>
                {
                    stop.AddRange(reply is AttemptsSorted sorted
                        ? sorted.Stop.Select(a => new AttemptId(task, a.Part, a.Number))
                        : mine);
                    if (--open == 0 && stillWanted())
                        Sort(named, stop, settled, then);
                });
        }
    }

    /// <summary>The session is open: attempts that hold their input but may have missed their keys get them.</summary>
    internal void Opened(SessionChannel channel, Hello hello, IReadOnlyList<AttemptId> stop)
    {
        _channel = channel;
        results.Open(channel);
        _programSent.Clear();
        var ready = new PartsReady();
        ready.Attempts.AddRange(hello.Running
            .Where(r => r.Phase == PhaseReady && WireMap.TryRead(r.Attempt, out var attempt) && !stop.Contains(attempt))
            .Select(r => r.Attempt));
        Ready(ready);
    }

    /// <summary>The session ended: its attempts are lost. <paramref name="died"/>: in silence, while this hub listened.</summary>
    internal void Lose(Fault fault, bool died)
    {
        window.Lost += book.Count;
        GiveBack(book.Attempts, fault, died);
        _channel = null;
        results.Close();
    }

    /// <summary>The session stays, its attempts do not: the node stops them and their tasks place them again.</summary>
    internal void GiveUp(Fault fault)
    {
        var attempts = book.Attempts.ToList();
        window.Failed += attempts.Count;
        foreach (var attempt in attempts)
            _channel!.Send(new ToNode { Stop = new StopAttempt { Attempt = WireMap.Key(attempt), Reason = fault.Message } });
        GiveBack(attempts, fault);
    }

    internal void Record(NodeWindow counts, OperationHead? log)
        => calls.Send(() => services.Nodes, () => new RecordNodeWindow(node, counts, services.Now, log), _ => { });

    internal void Start(StartParts start)
    {
        book.Add(start.Task, start.Owner, start.Spec.Limits.OutputBytes, start.Parts.Select(p => (p.Attempt, p.Input.Id)));
        var withProgram = start.Program.IsInline && _programSent.Add((start.Task, start.Stage));
        var withResults = start.Parts.Sum(p => p.Input.Results.Where(IsSmall).Sum(r => r.Result.Size)) <= SmallResultsTogether;
        var ids = new List<BlobId>();
        if (withProgram)
            ids.Add(start.Program.Id);
        foreach (var part in start.Parts)
        {
            if (part.Input.Own is { IsInline: true } own)
                ids.Add(own.Id);
            if (withResults)
                ids.AddRange(part.Input.Results.Where(IsSmall).Select(r => r.Result.Id));
        }

        var epoch = _channel!.Epoch;
        services.Blobs.ReadSmallAsync(ids, CancellationToken.None)
            .PipeTo(self, success: contents => new BlobsRead(epoch, start, withProgram, withResults, contents), failure: e => new BlobsRead(epoch, start, withProgram, withResults, null));
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
            _programSent.Remove((start.Task, start.Stage));
            GiveBack(start.Parts.Select(p => IdOf(start, p.Attempt)), read.Contents is null ? Unreadable : Missing(start.Program));
            return;
        }

        var parts = new List<(AssignedPart Part, IReadOnlyList<NeededBlob> Results)>();
        foreach (var part in start.Parts)
        {
            var (assigned, missing) = Assigned(part);
            if (missing is { } blob)
                GiveBack([IdOf(start, part.Attempt)], Missing(blob));
            else if (book.Contains(IdOf(start, part.Attempt)))
                parts.Add(assigned);
        }

        foreach (var frame in AssignFrames.Cut(Assignment(start, program), parts))
            _channel.Send(frame);

        byte[]? Content() => read.Contents is { } all && next < all.Count ? all[next++] : null;

        ((AssignedPart, IReadOnlyList<NeededBlob>), BlobRef?) Assigned(StartedPart part)
        {
            BlobRef? missing = null;
            var assigned = Described(part);
            if (part.Input.Own is { } own)
            {
                var content = own.IsInline ? Content() : null;
                missing = own.IsInline && content is null ? own : null;
                assigned.Input = Reference(own, content);
            }

            if (part.Checkpoint is { } checkpoint)
            {
                assigned.Checkpoint = Reference(checkpoint.Blob, null);
                assigned.Checkpoint.Path = services.Urls.Get(checkpoint.Blob, PathLifetime);
            }

            var results = new List<NeededBlob>(part.Input.Results.Count);
            foreach (var needed in part.Input.Results)
            {
                var content = read.WithResults && IsSmall(needed) ? Content() : null;
                if (read.WithResults && IsSmall(needed) && content is null)
                    missing = needed.Result;
                var blob = Reference(needed.Result, content);
                if (content is null)
                    blob.Path = services.Urls.Get(needed.Result, PathLifetime);
                results.Add(new NeededBlob { Part = (uint)needed.Part, Number = (uint)needed.Attempt, Result = blob });
            }

            return ((assigned, results), missing);
        }
    }

    /// <summary>Work for a session of this node that is over: its task places it again.</summary>
    internal void Late(StartParts start) => GiveBack(start.Parts.Select(p => IdOf(start, p.Attempt)), SessionOver);

    internal void Grant(GrantParts grant)
    {
        var frame = new KeyGrants();
        var size = 0;
        foreach (var (attempt, pages) in grant.Grants)
        {
            for (var page = 0; page < pages.Count; page++)
            {
                if (frame.Grants.Count == MaxGrantsPerFrame || (frame.Grants.Count > 0 && size + pages[page].Length > MaxGrantBytesPerFrame))
                {
                    _channel!.Send(new ToNode { KeyGrants = frame });
                    frame = new KeyGrants();
                    size = 0;
                }

                frame.Grants.Add(new KeyGrant
                {
                    Attempt = WireMap.Key(new AttemptId(grant.Task, attempt.Part, attempt.Number)),
                    Sealed = WireMap.Bytes(pages[page]),
                    Page = (uint)page,
                });
                size += pages[page].Length;
            }
        }

        if (frame.Grants.Count > 0)
            _channel!.Send(new ToNode { KeyGrants = frame });
    }

    internal void Stop(StopParts stop)
    {
        foreach (var part in stop.Parts)
        {
            var attempt = new AttemptId(stop.Task, part.Part, part.Number);
            if (!stop.KeepCheckpoint)
                book.Remove(attempt); // otherwise the node's report ends it
            _channel!.Send(new ToNode { Stop = new StopAttempt { Attempt = WireMap.Key(attempt), Reason = stop.Reason, KeepCheckpoint = stop.KeepCheckpoint } });
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

        if (ready.Quote.Length > MaxQuote)
            return "its attestation is too long";

        var channel = _channel!;
        var proof = new SessionProof(channel.IdentityKey, channel.Nonce, channel.Signature, ready.Quote.IsEmpty ? null : ready.Quote.ToByteArray());
        foreach (var group in attempts.GroupBy(a => a.Task))
        {
            var parts = group.Select(WireMap.PartOf).ToList();
            calls.Send(
                () => services.Tasks,
                () => new ReleaseKeys(group.Key, node, channel.Epoch, channel.SessionKey, parts, services.Now, proof),
                reply =>
                {
                    if (reply is TaskRefused refused && _channel == channel)
                        StopAll(group, refused.Fault);
                });
        }

        return null;
    }

    internal static Fault Unreadable { get; } = new(FaultCodes.Unavailable, "The hub could not read its blobs.", Culprit.Hub, Retryable: true);

    internal static Fault SessionOver { get; } = new(FaultCodes.NodeLost, "The node's session ended before the part reached it.", Culprit.Node, Retryable: true);

    private static Fault Missing(BlobRef blob) => new(FaultCodes.BlobMissing, $"Blob {blob.Id} is not stored here.", Culprit.Hub, Retryable: true);

    private AssignParts Assignment(StartParts start, Blob program) => new()
    {
        Task = WireMap.Bytes(start.Task.ToBytes()),
        Kind = (uint)start.Spec.Kind,
        Image = start.Spec.Image ?? "",
        Repository = start.Spec.Repository ?? "",
        Gpu = start.Spec.Gpu is not { } gpu ? null : new GpuMsg { Count = (uint)gpu.Count, Vendor = (uint)gpu.Vendor, Memory = gpu.Memory },
        Network = { start.Spec.Network?.Allow ?? [] },
        ImageBlob = start.Spec.ImageBlob?.ToReference() is not { } image ? null
            : new Blob { Id = WireMap.Bytes(image.Id.ToDigest()), Size = image.Size, Path = services.Urls.Get(image, PathLifetime) },
        Resources = WireMap.Resources(start.Spec.Resources),
        TimeSeconds = start.Spec.Limits.TimeSeconds,
        OutputBytes = start.Spec.Limits.OutputBytes,
        Cipher = start.Spec.Privacy.Cipher,
        Program = program,
        PartsTotal = (uint)start.PartsTotal,
        Stage = start.Stage,
        StopFile = start.StopFile ?? "",
        Verified = start.Verified,
        WithoutFuel = start.WithoutFuel,
    };

    private static bool IsSmall(NeededResult needed) => needed.Result.Size <= SmallResult;

    private static AssignedPart Described(StartedPart part)
    {
        var (attempt, origin, input) = part;
        var assigned = new AssignedPart
        {
            Part = (uint)attempt.Part,
            Number = (uint)attempt.Number,
            Round = (uint)origin.Round,
            ResultsTotal = (uint)input.Results.Count,
            Carries = origin.Carry is not null,
        };
        if (origin.Source is { } source && source != attempt.Part)
            assigned.Source = (uint)source;
        if (part.Checkpoint is { } checkpoint)
            assigned.CheckpointNumber = (uint)checkpoint.Attempt;
        if (part.Tolerance is { } tolerance)
            assigned.Tolerance = tolerance.ToString(CultureInfo.InvariantCulture);
        if (origin.Index != attempt.Part)
            assigned.Index = (uint)origin.Index;
        return assigned;
    }

    /// <summary><paramref name="settled"/>: what the tasks were asked about. Work that came while they answered goes back to them.</summary>
    private void Sort(List<AttemptId> named, List<AttemptId> stop, HashSet<AttemptId> settled, Action<IReadOnlyList<AttemptId>> then)
    {
        GiveBack(book.Attempts.Where(a => !settled.Contains(a) && !named.Contains(a)), SessionOver);
        var keep = named.Except(stop).ToHashSet();
        window.Lost += book.Attempts.Count(a => !keep.Contains(a));
        var known = book.Attempts.Where(keep.Contains).ToHashSet();
        foreach (var gone in book.Attempts.Where(a => !keep.Contains(a)).ToList())
            book.Remove(gone);
        // Attempts placed by an earlier hub process: their terms are read from the task.
        foreach (var task in keep.Where(a => !known.Contains(a)).Select(a => a.Task).Distinct())
            results.Learn(task, () => { });
        then(stop);
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

    private static AttemptId IdOf(StartParts start, PartAttempt part) => new(start.Task, part.Part, part.Number);

    /// <summary>The tasks of these attempts hear that they failed; until they do, they are told again.</summary>
    private void GiveBack(IEnumerable<AttemptId> attempts, Fault fault, bool died = false)
    {
        foreach (var group in attempts.GroupBy(a => a.Task).ToList())
        {
            var failures = group.Select(a => new FailedAttempt(WireMap.PartOf(a), fault, null, []) { NodeDied = died }).ToList();
            foreach (var attempt in group)
                book.Remove(attempt);
            calls.Send(() => services.Tasks, () => new FailAttempts(group.Key, node, failures, services.Now), _ => { });
        }
    }

    private void StopAll(IEnumerable<AttemptId> attempts, Fault fault)
    {
        foreach (var attempt in attempts)
        {
            book.Remove(attempt);
            _channel!.Send(new ToNode { Stop = new StopAttempt { Attempt = WireMap.Key(attempt), Reason = fault.Message } });
        }
    }

    /// <summary>To itself: the ciphertext of an assignment, or null contents when the store failed.</summary>
    internal sealed record BlobsRead(ulong Epoch, StartParts Start, bool WithProgram, bool WithResults, IReadOnlyList<byte[]?>? Contents)
        : INoSerializationVerificationNeeded;
}

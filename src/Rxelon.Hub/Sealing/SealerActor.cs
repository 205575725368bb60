using Akka.Actor;
using Akka.Event;
using Microsoft.Data.Sqlite;
using Rxelon.Hub.Disk;
using Rxelon.Link.Faults;
using Rxelon.Shared.Ledger;
using Rxelon.Shared.Values;

namespace Rxelon.Hub.Sealing;

/// <summary>
/// Drives the sealer: looks what the witnesses have seen, then seals a batch at every beat and publishes a checkpoint at every
/// interval in which something is new. One publication is under way at a time; sealing goes on meanwhile. Blocks on the disk, so it runs on a
/// thread of its own (dispatcher <c>rxelon.sealer-dispatcher</c>).
/// </summary>
internal sealed class SealerActor : UntypedActor, IWithTimers
{
    private const int RowsAtOnce = 2000;
    private static readonly TimeSpan AfterTrouble = TimeSpan.FromSeconds(2);

    private readonly SealingServices _services;
    private readonly ILoggingAdapter _log = Context.GetLogger();
    private readonly CancellationTokenSource _stopping = new();
    private Sealer? _sealer;
    private LedgerPhase _phase;
    private Fault? _trouble;
    private bool _asking;
    private DateTimeOffset _signedAt;
    private DateTimeOffset _vouchedAt;

    public SealerActor(SealingServices services) => _services = services;

    /// <inheritdoc/>
    public ITimerScheduler Timers { get; set; } = null!; // set by Akka before the first message

    private DateTimeOffset Now => _services.Time.GetUtcNow();

    /// <inheritdoc/>
    protected override void PreStart() => Self.Tell(Beat.Instance);

    /// <inheritdoc/>
    protected override void PostStop()
    {
        _stopping.Cancel();
        _stopping.Dispose();
        _sealer?.Dispose();
    }

    /// <inheritdoc/>
    protected override void OnReceive(object message)
    {
        try
        {
            Handle(message);
        }
        catch (Exception trouble) when (trouble is SqliteException or IOException or UnauthorizedAccessException)
        {
            // A full disk, a locked file: receipts wait, the rest goes on. What was committed is found again.
            _log.Error(trouble, "The ledger cannot go on; trying again in {Delay}", AfterTrouble);
            _sealer?.Dispose();
            _sealer = null;
            _asking = false;
            _phase = LedgerPhase.Starting;
            Report(new Fault(FaultCodes.Unavailable, $"The ledger cannot write: {trouble.Message}", Culprit.Hub, Retryable: true));
            Timers.StartSingleTimer(nameof(Beat), Beat.Instance, AfterTrouble);
        }
        catch (InvalidDataException damage)
        {
            Stop(new Fault(FaultCodes.LedgerStopped, damage.Message, Culprit.Hub));
        }
    }

    private void Handle(object message)
    {
        switch (message)
        {
            case Beat when _phase == LedgerPhase.Stopped:
                break;
            case Beat:
                GoOn();
                break;
            case Looked looked when ReferenceEquals(looked.By, _sealer):
                _asking = false;
                Judge(looked.Look);
                break;
            case Cosigned cosigned when ReferenceEquals(cosigned.By, _sealer):
                _asking = false;
                Publish(cosigned.Signed, cosigned.Answer);
                break;
            case Looked or Cosigned:
                break; // asked by a sealer that is gone
            case RotateLogKey rotate:
                Rotate(rotate);
                break;
            case AnchorCheckpoint anchor:
                Anchor(anchor);
                break;
            case Status.Failure failure:
                throw new InvalidOperationException("A question to the witnesses failed.", failure.Cause);
            default:
                Unhandled(message);
                break;
        }
    }

    private void GoOn()
    {
        if (_sealer is null)
        {
            _sealer = _services.OpenSealer();
            _phase = LedgerPhase.Checking;
            if (_sealer.LastBlock is { } last)
                WriteCheckpoint(last.Note);
        }

        var more = false;
        if (_phase == LedgerPhase.Checking)
        {
            Look();
        }
        else
        {
            more = _sealer.Advance(RowsAtOnce) == RowsAtOnce;
            var due = _sealer.IsAhead ? Now - _signedAt >= _services.CheckpointEvery : Now - _vouchedAt >= _services.RewitnessEvery;
            if (!_asking && due)
                Ask();
        }

        Report(_trouble);
        if (more)
            Self.Tell(Beat.Instance);
        else
            Timers.StartSingleTimer(nameof(Beat), Beat.Instance, _services.BatchEvery);
    }

    private void Look()
    {
        if (_asking || Now - _signedAt < _services.CheckpointEvery)
            return; // nor are witnesses that do not answer asked at every beat
        if (_services.Panel is not { } panel)
        {
            Start();
            return;
        }

        _asking = true;
        _signedAt = Now;
        var sealer = _sealer!;
        _services.Look(sealer, panel, _stopping.Token).PipeTo(Self, Self, look => new Looked(sealer, look));
    }

    private void Judge(PanelLook look)
    {
        if (look.Ahead is { } ahead)
        {
            Stop(ahead);
        }
        else if (look.Enough)
        {
            Start();
        }
        else
        {
            _trouble = new Fault(
                FaultCodes.NotYet, "Too few witnesses answer to know what they have seen of this log; nothing is sealed until they do.", Culprit.Network, true);
        }
    }

    private void Start()
    {
        _phase = LedgerPhase.Running;
        _trouble = null;
        var missing = _sealer!.Sweep();
        if (missing > 0)
            _log.Warning("{Count} events of the journal had been passed over; they are sealed now", missing);
        Self.Tell(Beat.Instance);
    }

    private void Ask()
    {
        _signedAt = Now;
        var sealer = _sealer!;
        var signed = sealer.Sign();
        if (_services.Panel is not { } panel)
        {
            Publish(signed, new PanelAnswer(signed.Note, null));
            return;
        }

        _asking = true;
        panel.CosignAsync(signed.Note, _services.Keys.VerifierKeys, _stopping.Token)
            .PipeTo(Self, Self, answer => new Cosigned(sealer, signed, answer));
    }

    private void Publish(Signed signed, PanelAnswer answer)
    {
        if (answer.Ahead is { } ahead)
        {
            Stop(ahead);
            return;
        }

        Failpoint.Hit("hub.seal.witnessed");
        if (_services.Panel?.Policy.For(_services.Keys.VerifierKeys).Check(answer.Note).Fault is { } waiting)
        {
            if (_trouble?.Code != waiting.Code)
                _log.Warning("No block is published: {Why}", waiting.Message);
            _trouble = waiting;
            Report(_trouble);
            return;
        }

        _trouble = null;
        _vouchedAt = Now;
        WriteCheckpoint(_sealer!.Publish(signed, answer.Note).Note);
        Failpoint.Hit("hub.seal.published");
        Report(null);
    }

    private void WriteCheckpoint(string note)
    {
        DurableFile.Write(Path.Combine(_services.Directory, "checkpoint"), System.Text.Encoding.UTF8.GetBytes(note));
        DirectorySync.Flush(_services.Directory);
    }

    private void Rotate(RotateLogKey rotate)
    {
        if (_phase != LedgerPhase.Running)
        {
            Sender.Tell(new LedgerRefused(new Fault(FaultCodes.NotYet, $"The ledger is {_phase}; keys change while it runs.", Culprit.Hub, true)));
        }
        else if (_services.Keys.Previous is { Until: var until })
        {
            Sender.Tell(new LedgerRefused(new Fault(FaultCodes.Conflict, $"A rotation is under way until {until:u}; wait for its end.", Culprit.Input)));
        }
        else
        {
            var old = _services.Keys.Current.Verifier.ToString();
            _services.Keys.Rotate(Now + rotate.Window);
            Sender.Tell(new LogKeyRotated(old, _services.Keys.Current.Verifier.ToString(), Now + rotate.Window));
            Self.Tell(Beat.Instance);
        }
    }

    private void Anchor(AnchorCheckpoint anchor)
    {
        if (_phase != LedgerPhase.Running)
        {
            Sender.Tell(new LedgerRefused(new Fault(FaultCodes.NotYet, $"The ledger is {_phase}.", Culprit.Hub, true)));
        }
        else if (SignedNote.Parse(anchor.Note) is { Fault: { } fault })
        {
            Sender.Tell(new LedgerRefused(fault));
        }
        else if (Checkpoint.Parse(SignedNote.Parse(anchor.Note).Value.Text) is { Fault: { } noCheckpoint })
        {
            Sender.Tell(new LedgerRefused(noCheckpoint));
        }
        else
        {
            _sealer!.Want(new ForeignLeaf(Now, anchor.Note));
            Sender.Tell(new LedgerDone());
        }
    }

    private void Stop(Fault why)
    {
        _phase = LedgerPhase.Stopped;
        _trouble = why;
        _log.Error("The ledger has stopped: {Why}", why.Message);
        Report(why);
    }

    private void Report(Fault? trouble) => _services.Board.Status = new LedgerStatus(
        _phase, _services.Keys.Origin, [.. _services.Keys.VerifierKeys.Select(k => k.ToString())], _sealer?.Size ?? _services.Board.Status.Size,
        _sealer?.LastBlock?.Height ?? 0, _sealer?.LastBlock?.Size ?? 0, _sealer?.LastBlock?.PublishedAt, trouble, _services.Panel?.Status ?? []);

    private sealed record Looked(Sealer By, PanelLook Look) : INoSerializationVerificationNeeded;

    private sealed record Cosigned(Sealer By, Signed Signed, PanelAnswer Answer) : INoSerializationVerificationNeeded;

    private sealed class Beat : INoSerializationVerificationNeeded
    {
        internal static readonly Beat Instance = new();
    }
}

using System.Security.Cryptography;
using Akka.Actor;
using Akka.Event;
using Rxelon.Domain.Matching;
using Rxelon.Domain.Nodes;
using Rxelon.Shared.Crypto;
using Rxelon.Shared.Ids;
using Rxelon.Shared.Integrity;
using Rxelon.Shared.Wire;

namespace Rxelon.Hub.Edge.Sessions;

/// <summary>
/// A session's watch over its node: challenges at times that the node cannot foresee, and the operation log as it comes in. Runs
/// inside the session's actor. What does not fit goes to <paramref name="raise"/>.
/// </summary>
internal sealed class SessionIntegrity(
    NodeId node, SessionServices services, Calls calls, IActorRef self, ILoggingAdapter log, Action<IntegrityAlarm> raise)
{
    private const int MaxBatch = 1_024;
    private const int MissesAllowed = 1;
    private SessionChannel? _channel;
    private string _version = "";
    private bool _measures;
    private OperationHead? _head;
    private Pending? _pending;
    private long _since;
    private TimeSpan _wait;
    private int _missed;
    private bool _storing;

    /// <summary>Where the log stands, for the journal; null for a node that ships none.</summary>
    internal OperationHead? Head => _head is { Count: > 0, Signature.Length: > 0 } ? _head : null;

    /// <summary>A new epoch of a node that was found to be what it was.</summary>
    internal void Open(SessionChannel channel, Hello hello, OperationHead? head)
    {
        _channel = channel;
        _version = hello.ClientVersion;
        _measures = hello.Measures is not null;
        _head = head;
        _pending = null;
        _storing = false;
        Schedule();
    }

    internal void Close()
    {
        _channel = null;
        _pending = null;
    }

    /// <summary>Asks when it is time, and counts answers that did not come.</summary>
    internal void Tick(NodeOffer? offer)
    {
        if (_channel is null || !_measures)
            return;
        var elapsed = services.Time.GetElapsedTime(_since);
        if (_pending is null && elapsed >= _wait)
            Challenge(offer);
        else if (_pending is { } asked && elapsed >= services.Options.ChallengeDeadline)
            Missed(asked);
    }

    /// <summary>The answer to a challenge. Null, or how the frame breaks the protocol.</summary>
    internal string? Report(MeasureReport report)
    {
        if (_pending is not { } asked)
            return null; // an answer that came too late, or one to an earlier epoch
        if (IntegrityCheck.Read(report, node, _channel!.IdentityKey, asked.Nonce) is not { } measures)
            return report.Nonce.Span.SequenceEqual(asked.Nonce) ? "its measures are malformed or not signed by its identity" : null;
        _missed = 0;
        Schedule();
        var now = services.Now;
        if (measures.Images.Select(i => IntegrityCheck.OfImage(i, now)).FirstOrDefault(a => a is not null) is { } altered)
            raise(altered);
        else if (OfLog(measures.Log, asked, now) is { } broken)
            raise(broken);
        else
            Compare(measures);
        return null;
    }

    /// <summary>Lines of the operation log. Null, or how the frame breaks the protocol.</summary>
    internal string? Batch(OperationBatch batch)
    {
        if (batch.Head.Read() is not { } head || batch.Records.Count is 0 or > MaxBatch || batch.First == 0
            || batch.Records.Any(r => r.Length is 0 or > OperationRecord.MaxSize) || head.Count != batch.First + (ulong)batch.Records.Count - 1)
            return "its operation log cannot be read";
        if (!Signatures.Verify(_channel!.IdentityKey, IntegrityStatements.Log(node, head.Count, head.Hash, head.UnixMillis), head.Signature))
            return "its operation log is not signed by its identity";
        var known = _head?.Count ?? 0;
        if (_storing || batch.First != known + 1)
        {
            if (!_storing)
                Acknowledge(known); // a repeat, or the node is ahead of what the hub kept
            return null;
        }

        var records = batch.Records.Select(r => r.ToByteArray()).ToList();
        var chain = records.Aggregate(_head?.Hash ?? OperationChain.Start(node), (before, record) => OperationChain.Next(before, record));
        if (!chain.AsSpan().SequenceEqual(head.Hash))
        {
            raise(IntegrityCheck.Forked(head.Count, chain, head.Hash, services.Now));
            return null;
        }

        _storing = true;
        var (epoch, now) = (_channel.Epoch, services.Now);
        Task.Run(() => services.Operations.Append(node, batch.First, records, head, now))
            .PipeTo(self, success: () => new Kept(epoch, head), failure: e => new Kept(epoch, null, e));
        return null;
    }

    internal void On(Kept kept)
    {
        if (_channel is null || _channel.Epoch != kept.Epoch)
            return;
        _storing = false;
        if (kept.Head is { } head)
        {
            _head = head;
            Acknowledge(head.Count);
        }
        else
        {
            // The node sends again what was not acknowledged.
            log.Warning(kept.Error, "The operation log of {Node} could not be kept", node);
        }
    }

    private IntegrityAlarm? OfLog(LogPosition position, Pending asked, DateTimeOffset now)
    {
        if (IntegrityCheck.OfLog(position, asked.Head, now) is { } alarm)
            return alarm;
        return asked.Head is { } head && (position.AskedCount != head.Count || !position.AskedHash.AsSpan().SequenceEqual(head.Hash))
            ? IntegrityCheck.Forked(head.Count, head.Hash, position.AskedHash, now)
            : null;
    }

    private void Compare(Measures measures)
    {
        var known = measures.Of(MeasureGroups.Application) is { } application && services.Clients.IsKnown(application);
        calls.Send(
            () => services.Nodes,
            () => new MeasureNode(node, measures.Groups, measures.Announced, _version, known, services.Now),
            _ => { }); // a refusal isolates the node by itself
    }

    private void Challenge(NodeOffer? offer)
    {
        var images = offer?.Images.Order(StringComparer.Ordinal).ToList() ?? [];
        var image = images.Count == 0 ? "" : images[services.Chance(images.Count)];
        _pending = new Pending(RandomNumberGenerator.GetBytes(16), _head);
        _since = services.Time.GetTimestamp();
        _channel!.Send(new ToNode
        {
            Challenge = new Challenge
            {
                Nonce = WireMap.Bytes(_pending.Nonce),
                Image = image,
                LogCount = _head?.Count ?? 0,
                DeadlineMillis = (long)services.Options.ChallengeDeadline.TotalMilliseconds,
            },
        });
    }

    private void Missed(Pending asked)
    {
        if (++_missed <= MissesAllowed)
        {
            log.Info("Node {Node} did not answer a challenge in time; it is asked again", node);
            _pending = null;
            _since = services.Time.GetTimestamp();
            _wait = TimeSpan.Zero;
            return;
        }

        raise(new IntegrityAlarm(
            AlarmCodes.ChallengeMissed, "challenge", asked.Nonce, [], "the node did not answer two challenges in a row while its link was up.", services.Now));
    }

    /// <summary>Between half and one and a half of the mean.</summary>
    private void Schedule()
    {
        _pending = null;
        _since = services.Time.GetTimestamp();
        _wait = services.Options.ChallengeEvery * (0.5 + (services.Chance(1_000) / 1_000.0));
    }

    private void Acknowledge(ulong count) => _channel?.SendOnce(new ToNode { OperationAck = new OperationAck { Count = count } });

    /// <summary>To itself: the batch is on disk, or why not.</summary>
    internal sealed record Kept(ulong Epoch, OperationHead? Head, Exception? Error = null) : INoSerializationVerificationNeeded;

    private sealed record Pending(byte[] Nonce, OperationHead? Head);
}

using Rxelon.Link.Wire;
using Rxelon.Shared.Wire;

namespace Rxelon.Hub.Edge.Sessions;

/// <summary>One epoch's exchange with a node process: numbering, acknowledging and sending again. Owned by the session.</summary>
internal sealed class SessionChannel
{
    private static readonly TimeSpan ResendAfter = TimeSpan.FromSeconds(2);
    private readonly TimeProvider _time;
    private readonly ReliableOut<ToNode> _out;
    private readonly ReliableIn _in = new();
    private long _heardAt;

    /// <summary>A new epoch; what <paramref name="previous"/> had not delivered goes over, except assignments: the resume settled those.</summary>
    internal SessionChannel(INodeLine line, ulong epoch, Hello hello, TimeProvider time, SessionChannel? previous)
    {
        Line = line;
        Epoch = epoch;
        Instance = hello.Instance.ToByteArray();
        IdentityKey = hello.IdentityKey.ToByteArray();
        SessionKey = hello.SessionKey.ToByteArray();
        Nonce = hello.Nonce.ToByteArray();
        Signature = hello.Signature.ToByteArray();
        _time = time;
        var sameProcess = previous is not null && previous.Instance.AsSpan().SequenceEqual(Instance);
        _out = sameProcess ? previous!._out : new ReliableOut<ToNode>(time);
        _heardAt = time.GetTimestamp();
    }

    internal INodeLine Line { get; }

    internal ulong Epoch { get; }

    internal byte[] Instance { get; }

    internal byte[] IdentityKey { get; }

    internal byte[] SessionKey { get; }

    internal byte[] Nonce { get; }

    /// <summary>The identity's signature over session key and nonce, checked at the hello.</summary>
    internal byte[] Signature { get; }

    internal Welcome? Welcome { get; private set; }

    internal int Unacknowledged => _out.Count;

    internal TimeSpan Silence => _time.GetElapsedTime(_heardAt);

    /// <summary>Opens the epoch.</summary>
    internal void Open(Welcome welcome)
    {
        Welcome = welcome;
        SendOnce(new ToNode { Welcome = welcome });
        foreach (var (seq, frame) in _out.Restart(f => f.BodyCase != ToNode.BodyOneofCase.Assign))
            Transmit(frame, seq);
    }

    /// <summary>Sends again until acknowledged, in order.</summary>
    internal void Send(ToNode frame) => Transmit(frame, _out.Add(frame));

    /// <summary>Sends once.</summary>
    internal void SendOnce(ToNode frame) => Transmit(frame, 0);

    /// <summary>False when the frame is a repeat or breaks the protocol; then <paramref name="violation"/> says how.</summary>
    internal bool Receive(ToHub frame, out string? violation)
    {
        violation = null;
        _heardAt = _time.GetTimestamp();
        if (!_out.Acknowledge(frame.Ack))
        {
            violation = "it acknowledged what was never sent";
            return false;
        }

        return _in.Take(frame.Seq);
    }

    /// <summary>Acknowledges what nothing else has, and sends again what was not acknowledged in time.</summary>
    internal void Tick()
    {
        foreach (var (seq, frame) in _out.Due(ResendAfter))
            Transmit(frame, seq);
        if (_in.Owes)
            SendOnce(new ToNode());
    }

    // The edge serializes on its own threads: what was sent is never touched again, each transmission is a copy.
    private void Transmit(ToNode frame, ulong seq)
    {
        var copy = frame.Clone();
        copy.Epoch = Epoch;
        copy.Seq = seq;
        copy.Ack = _in.Ack;
        _in.Told();
        Line.Send(copy);
    }
}

namespace Rxelon.Link.Guard;

/// <summary>What the edge takes before it knows who is there, and how much of each node.</summary>
public sealed record GuardLimits
{
    /// <summary>Open sockets in total.</summary>
    public int MaxConnections { get; init; } = 12_000;

    /// <summary>Open sockets that have not finished TLS and said who they are.</summary>
    public int MaxUnknown { get; init; } = 1_024;

    /// <summary>Sustained new connections per second from one remote address (an office or a carrier may share one).</summary>
    public int ConnectionsPerSecond { get; init; } = 100;

    /// <summary>New connections at once from one remote address.</summary>
    public int ConnectionBurst { get; init; } = 400;

    /// <summary>Remote addresses whose rate is remembered.</summary>
    public int MaxRemembered { get; init; } = 20_000;

    /// <summary>Sockets of one node's identity.</summary>
    public int MaxPerLabel { get; init; } = 4;

    /// <summary>From the accepted socket to the first frame, TLS included.</summary>
    public TimeSpan FirstFrame { get; init; } = TimeSpan.FromSeconds(10);
}

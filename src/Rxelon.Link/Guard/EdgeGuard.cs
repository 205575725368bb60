using System.Collections.Concurrent;
using System.Net;
using System.Security.Cryptography.X509Certificates;
using Akka.Event;
using Rxelon.Link.Certificates;
using Rxelon.Shared.Ids;

namespace Rxelon.Link.Guard;

/// <summary>
/// Stands between the sockets of the edge and Akka.Remote. Binds each socket to the certificate it showed; lets a socket announce
/// only the origin of that certificate; passes only frames from that origin's link actor to the door; never dials out; drops a
/// stale socket when Akka would dial instead of using it; cuts a node off at once; bounds connections. Safe for concurrent use.
/// </summary>
public sealed class EdgeGuard : IDisposable
{
    private readonly ConcurrentDictionary<IPEndPoint, PeerIdentity> _certified = new();
    private readonly ConcurrentDictionary<string, GuardedHandle> _origins = new(StringComparer.Ordinal);
    private readonly HashSet<GuardedHandle> _unknown = [];
    private readonly Dictionary<string, List<GuardedHandle>> _known = new(StringComparer.Ordinal);
    private int _connections;
    private long _refused;
    private long _refusedCertificates;
    private readonly ConcurrentDictionary<NodeId, byte> _revoked = new();
    private readonly Dictionary<IPAddress, RateLimit> _rates = [];
    private readonly Lock _gate = new();
    private readonly PeerCheck _check;

    /// <summary>A guard for one edge system. Owns <paramref name="check"/>.</summary>
    public EdgeGuard(PeerCheck check, GuardLimits limits, TimeProvider time)
    {
        _check = check;
        Limits = limits;
        Time = time;
    }

    /// <summary>The bounds in force.</summary>
    public GuardLimits Limits { get; }

    /// <summary>Open sockets, known or not.</summary>
    public int Connections => Volatile.Read(ref _connections);

    /// <summary>Sockets closed because of their number, rate, silence or what they sent.</summary>
    public long Refused => Interlocked.Read(ref _refused);

    /// <summary>TLS handshakes refused because of the certificate.</summary>
    public long RefusedCertificates => Interlocked.Read(ref _refusedCertificates);

    internal TimeProvider Time { get; }

    /// <summary>
    /// TLS validator of the edge: called with the socket's address before any byte of Akka is read. Replaces the built-in checks.
    /// </summary>
    public bool Validate(X509Certificate2? certificate, string remotePeer, ILoggingAdapter log)
    {
        var reason = _check.RefuseNode(certificate, _revoked.ContainsKey, out var identity);
        if (reason is null && TryReadSocket(remotePeer, out var socket))
        {
            _certified[socket] = identity!;
            return true;
        }

        Interlocked.Increment(ref _refusedCertificates);
        log.Info("Refused a TLS peer at {0}: {1}", remotePeer, reason ?? "its address could not be read");
        return false;
    }

    /// <summary>Who announced this origin on a live socket; null when nobody does.</summary>
    public PeerIdentity? Identify(string origin) => _origins.TryGetValue(origin, out var handle) ? handle.Identity : null;

    /// <summary>Closes the socket of this origin (violation of the protocol). The node may come back.</summary>
    public void Drop(string origin, string reason)
    {
        if (_origins.TryGetValue(origin, out var handle))
            handle.Close(reason);
    }

    /// <summary>From now on this node's frames are dropped and its certificate is refused; its sockets are closed after <paramref name="farewell"/>.</summary>
    public void Revoke(NodeId node, TimeSpan farewell)
    {
        _revoked[node] = 0;
        List<GuardedHandle> handles;
        lock (_gate)
            handles = _known.Values.SelectMany(h => h).Where(h => h.Identity?.Node == node).ToList();
        foreach (var handle in handles)
            handle.CloseLater("the node is revoked", farewell);
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        List<GuardedHandle> handles;
        lock (_gate)
            handles = [.. _unknown, .. _known.Values.SelectMany(h => h)];
        foreach (var handle in handles)
            handle.Close("the edge stops");
        _check.Dispose();
    }

    internal void CountRefusal() => Interlocked.Increment(ref _refused);

    internal bool IsRevoked(NodeId node) => _revoked.ContainsKey(node);

    /// <summary>Null when a new socket from this address may stay, else why not.</summary>
    internal string? Admit(IPEndPoint? socket)
    {
        if (socket is null)
            return "its address could not be read";
        lock (_gate)
        {
            if (_connections >= Limits.MaxConnections)
                return "too many connections";
            if (_unknown.Count >= Limits.MaxUnknown)
                return "too many connections that have not said who they are";
            if (!_rates.TryGetValue(socket.Address, out var rate))
            {
                if (_rates.Count >= Limits.MaxRemembered)
                    Forget();
                if (_rates.Count >= Limits.MaxRemembered)
                    return "too many remote addresses at once";
                rate = _rates[socket.Address] = new RateLimit(Time, Limits.ConnectionsPerSecond, Limits.ConnectionBurst);
            }

            return rate.TryTake() ? null : "too many connections from this address";
        }
    }

    internal void Opened(GuardedHandle handle)
    {
        lock (_gate)
        {
            _unknown.Add(handle);
            _connections++;
        }
    }

    /// <summary>Called once per handle.</summary>
    internal void Closed(GuardedHandle handle)
    {
        lock (_gate)
        {
            _connections--;
            if (!_unknown.Remove(handle) && handle.Identity is { } identity && _known.TryGetValue(identity.Label, out var siblings))
            {
                siblings.Remove(handle);
                if (siblings.Count == 0)
                    _known.Remove(identity.Label);
            }
        }

        if (handle.Socket is { } socket)
            _certified.TryRemove(socket, out _);
        if (handle.Origin is { } origin)
            _origins.TryRemove(new KeyValuePair<string, GuardedHandle>(origin, handle));
    }

    /// <summary>Binds a socket to the origin it announces; null when it may, else why not.</summary>
    internal string? Bind(GuardedHandle handle, string origin)
    {
        if (handle.Socket is not { } socket || !_certified.TryGetValue(socket, out var identity))
            return "it showed no certificate";
        if (!LinkNames.TryReadOrigin(origin, out var label, out _) || !string.Equals(label, identity.Label, StringComparison.Ordinal))
            return $"node {identity.Node} announced an origin that is not its own";
        if (IsRevoked(identity.Node))
            return $"node {identity.Node} is revoked";
        lock (_gate)
        {
            var siblings = _known.TryGetValue(label, out var known) ? known : _known[label] = [];
            if (siblings.Count >= Limits.MaxPerLabel)
                return $"node {identity.Node} has too many connections";
            if (!_unknown.Remove(handle))
                return "its socket is closed";
            siblings.Add(handle);
            handle.Known(identity, origin);
        }

        // The same process on a new socket: whatever is left of the old one is stale.
        if (_origins.TryGetValue(origin, out var old) && old != handle)
            old.Close("its process connected again");
        _origins[origin] = handle;
        return null;
    }

    /// <summary>
    /// Akka wants to dial this origin although it should answer on the node's own socket: after a cut it may hold a live socket as
    /// read-only, and the link would be one-way for ever. Dropping that socket makes the node connect again, two-way.
    /// </summary>
    internal void Heal(string origin) => Drop(origin, "the link had become one-way");

    private static bool TryReadSocket(string text, out IPEndPoint socket)
    {
        var ok = IPEndPoint.TryParse(text, out var parsed);
        socket = ok ? Normalize(parsed!) : null!;
        return ok;
    }

    internal static IPEndPoint Normalize(IPEndPoint socket)
        => socket.Address.IsIPv4MappedToIPv6 ? new IPEndPoint(socket.Address.MapToIPv4(), socket.Port) : socket;

    private void Forget()
    {
        foreach (var (address, _) in _rates.Where(r => r.Value.IsFull).ToList())
            _rates.Remove(address);
    }
}

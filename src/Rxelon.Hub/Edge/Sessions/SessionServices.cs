using Akka.Actor;
using Akka.Hosting;
using Rxelon.Hub.Blobs;
using Rxelon.Hub.Config;
using Rxelon.Hub.Entities;
using Rxelon.Link.Certificates;
using Rxelon.Link.Guard;

namespace Rxelon.Hub.Edge.Sessions;

/// <summary>What node sessions need of the hub.</summary>
public sealed class SessionServices(
    HubOptions options, TimeProvider time, IBlobStore blobs, ICapabilityUrls urls, CertificateAuthority authority,
    EdgeGuard guard, ActorRegistry registry)
{
    private long _lastEpoch;

    internal HubOptions Options => options;

    internal TimeProvider Time => time;

    internal IBlobStore Blobs => blobs;

    internal ICapabilityUrls Urls => urls;

    internal CertificateAuthority Authority => authority;

    internal EdgeGuard Guard => guard;

    internal IActorRef Tasks => registry.Get<TaskRegion>();

    internal IActorRef Nodes => registry.Get<NodeRegion>();

    internal DateTimeOffset Now => time.GetUtcNow();

    /// <summary>
    /// Epochs only grow, also over restarts: microseconds of the clock, and never less than the last one. A clock set back between
    /// two runs is caught by the task entities, which compare sessions for equality only.
    /// </summary>
    internal ulong NextEpoch()
    {
        while (true)
        {
            var last = Interlocked.Read(ref _lastEpoch);
            var next = Math.Max(last + 1, time.GetUtcNow().ToUnixTimeMilliseconds() * 1000);
            if (Interlocked.CompareExchange(ref _lastEpoch, next, last) == last)
                return (ulong)next;
        }
    }
}

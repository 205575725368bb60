using System.Security.Cryptography;
using Akka.Actor;
using Akka.Hosting;
using Rxelon.Hub.Blobs;
using Rxelon.Hub.Config;
using Rxelon.Hub.Entities;
using Rxelon.Hub.Integrity;
using Rxelon.Hub.Live;
using Rxelon.Link.Certificates;
using Rxelon.Link.Guard;

namespace Rxelon.Hub.Edge.Sessions;

/// <summary>What node sessions need of the hub.</summary>
public sealed class SessionServices(
    HubOptions options, TimeProvider time, IBlobStore blobs, ICapabilityUrls urls, CertificateAuthority authority,
    EdgeGuard guard, ActorRegistry registry, IOperationRecords operations, IKnownClients clients, ILogStore logs,
    IProgressBoard board, Random? chance = null)
{
    // When a challenge comes is not to be foreseen by the node; tests bring a seed.
    private readonly Random _chance = chance ?? new Random(RandomNumberGenerator.GetInt32(int.MaxValue));
    private long _lastEpoch;

    internal HubOptions Options => options;

    internal TimeProvider Time => time;

    internal IBlobStore Blobs => blobs;

    internal ICapabilityUrls Urls => urls;

    internal CertificateAuthority Authority => authority;

    internal EdgeGuard Guard => guard;

    internal IOperationRecords Operations => operations;

    internal IKnownClients Clients => clients;

    internal ILogStore Logs => logs;

    internal IProgressBoard Board => board;

    internal IActorRef Tasks => registry.Get<TaskRegion>();

    internal IActorRef Nodes => registry.Get<NodeRegion>();

    internal DateTimeOffset Now => time.GetUtcNow();

    /// <summary>A number from 0 to below <paramref name="below"/>, by chance.</summary>
    internal int Chance(int below)
    {
        lock (_chance)
            return _chance.Next(below);
    }

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

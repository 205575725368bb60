using Rxelon.Shared.Values;
using Rxelon.Shared.Workloads;

namespace Rxelon.Node.Executors.Gpus;

/// <summary>Gives each GPU to one attempt at a time. Thread-safe.</summary>
internal sealed class GpuPool(IReadOnlyList<Gpu> gpus)
{
    private readonly Lock _lock = new();
    private readonly HashSet<Gpu> _free = [.. gpus];

    internal IReadOnlyList<GpuInfo> All => [.. gpus.Select(g => g.Info)];

    /// <summary>
    /// GPUs that meet the request, the smallest that do; theirs until the lease is disposed. Node-busy when others have them;
    /// no request is an empty lease.
    /// </summary>
    internal Outcome<GpuLease> Rent(GpuRequest? request)
    {
        if (request is null)
            return new GpuLease(this, []);
        lock (_lock)
        {
            var taken = gpus.Where(g => _free.Contains(g) && request.IsMetBy(g.Info)).OrderBy(g => g.Info.Memory).Take(request.Count).ToList();
            if (taken.Count < request.Count)
                return new Fault(FaultCodes.NodeBusy, "The node has no such GPU free just now.", Culprit.Node, Retryable: true);
            _free.ExceptWith(taken);
            return new GpuLease(this, taken);
        }
    }

    internal void Return(IEnumerable<Gpu> taken)
    {
        lock (_lock)
            _free.UnionWith(taken);
    }
}

/// <summary>GPUs of one attempt.</summary>
internal sealed class GpuLease(GpuPool pool, IReadOnlyList<Gpu> gpus) : IDisposable
{
    private int _ended;

    internal IReadOnlyList<Gpu> Gpus => gpus;

    public void Dispose()
    {
        if (Interlocked.Exchange(ref _ended, 1) == 0)
            pool.Return(gpus);
    }
}

using Rxelon.Node.Executors;
using Rxelon.Shared.Values;
using Rxelon.Shared.Wire;

namespace Rxelon.Node.Supervision;

/// <summary>Builds what the node tells the hub about its free room.</summary>
internal static class Offers
{
    internal static Offer Build(
        NodeServices services, IReadOnlyList<ExecutorReport> reports, Resources used, int gpusUsed, int attempts, bool draining)
    {
        var terms = services.Terms;
        var free = terms.Total - used;
        var offer = new Offer
        {
            Total = terms.Total.ToWire(),
            Free = new Resources(Math.Max(0, free.CpuMillis), Math.Max(0, free.Memory), Math.Max(0, free.Disk)).ToWire(),
            AskMicrosPerCoreHour = terms.AskMicrosPerCoreHour,
            Region = terms.Region,
            SlotsFree = draining ? 0 : (uint)Math.Max(0, terms.Slots - attempts),
            SlotsTotal = (uint)terms.Slots,
            Draining = draining,
        };
        foreach (var (name, value) in terms.Labels)
            offer.Labels[name] = value;
        foreach (var gpu in reports.SelectMany(r => r.Gpus))
            offer.Gpus.Add(new GpuMsg { Count = 1, Vendor = (uint)gpu.Vendor, Model = gpu.Model, Memory = gpu.Memory });
        offer.GpusFree = (uint)Math.Max(0, offer.Gpus.Count - gpusUsed);
        foreach (var report in reports.Where(r => r.Available))
        {
            var executor = new ExecutorOffer { Kind = (uint)report.Kind, Runtime = report.Runtime };
            executor.Images.AddRange(report.Images);
            executor.Warnings.AddRange(report.Warnings);
            if (report.Pool is { } pool)
                Add(pool, executor);
            executor.TakesImages = report.TakesImages;
            executor.Networks.AddRange(report.Networks);
            executor.Registries.AddRange(report.Registries);
            offer.Executors.Add(executor);
        }

        return offer;
    }

    private static void Add(ModelPool pool, ExecutorOffer executor)
    {
        executor.PoolMemory = pool.MemoryTotal;
        executor.PoolMemoryFree = pool.MemoryFree;
        executor.PoolDevices = (uint)pool.Devices;
        executor.Models.AddRange(pool.Models.Select(m => new ModelOffer { Name = m.Name, Loaded = m.IsLoaded, MilliTokensPerSecond = m.MilliTokensPerSecond }));
    }
}

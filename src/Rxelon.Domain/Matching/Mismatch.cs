using System.Globalization;
using Rxelon.Shared.Workloads;

namespace Rxelon.Domain.Matching;

/// <summary>Why a node does not take a task; the first that applies, in this order.</summary>
internal enum Mismatch
{
    None,
    Kind,
    Region,
    Labels,
    Denied,
    Image,
    Model,
    Network,
    Cpu,
    Memory,
    Disk,
    Gpu,
    Price,
    Draining,
    Cooling,
    Busy,
}

internal static class Mismatches
{
    /// <summary>What speaks against the node for good: everything but price and present load.</summary>
    internal static Mismatch Of(NodeOffer offer, TaskSpec spec, HashSet<string> denied)
    {
        var place = spec.Placement;
        if (!offer.Kinds.Contains(spec.Kind))
            return Mismatch.Kind;
        if (place.Regions.Count > 0 && !place.Regions.Contains(offer.Region))
            return Mismatch.Region;
        foreach (var (name, value) in place.Labels)
        {
            if (!offer.Labels.TryGetValue(name, out var has) || has != value)
                return Mismatch.Labels;
        }

        if (denied.Count > 0 && denied.Contains(offer.Operator.ToString()))
            return Mismatch.Denied;
        if (spec is { Kind: WorkloadKind.Model, Image: { } model } && !offer.Models.ContainsKey(model))
            return Mismatch.Model;
        if (spec is { Kind: not WorkloadKind.Model, Image: not null } && !HasImage(offer, spec))
            return Mismatch.Image;
        if (spec.Network is { } network && !NetworkRules.Agrees(offer.Networks, network))
            return Mismatch.Network;
        return spec.Resources.CpuMillis > offer.Total.CpuMillis ? Mismatch.Cpu
            : spec.Resources.Memory > offer.Total.Memory ? Mismatch.Memory
            : spec.Resources.Disk > offer.Total.Disk ? Mismatch.Disk
            : spec.Gpu is { } gpu && offer.Gpus.Count(gpu.IsMetBy) < gpu.Count ? Mismatch.Gpu
            : Mismatch.None;
    }

    /// <summary>It is there, comes along, or the node would pull it.</summary>
    private static bool HasImage(NodeOffer offer, TaskSpec spec)
        => offer.Images.Contains(spec.Image!)
            || (spec.ImageBlob is not null && offer.TakesImages)
            || (spec.Repository is { } repository && ImageReference.IsAllowed(offer.Registries, repository));

    /// <summary>"3 of 5 nodes lack 8 GiB of memory; 2 are above your price": the commonest reason first.</summary>
    internal static IReadOnlyList<string> Describe(IReadOnlyDictionary<Mismatch, int> counts, int total, TaskSpec spec)
    {
        var said = new List<string>();
        foreach (var (why, count) in counts.Where(c => c.Key != Mismatch.None && c.Value > 0).OrderByDescending(c => c.Value).ThenBy(c => c.Key))
            said.Add($"{(said.Count == 0 ? $"{count} of {total} {(total == 1 ? "node" : "nodes")}" : count)} {Words(why, count == 1, spec)}");
        return said;
    }

    private static string Words(Mismatch why, bool one, TaskSpec spec) => why switch
    {
        Mismatch.Kind => $"{(one ? "does" : "do")} not run {spec.Kind.ToString().ToLowerInvariant()} tasks",
        Mismatch.Region => $"{(one ? "is" : "are")} in another region",
        Mismatch.Labels => $"{(one ? "lacks" : "lack")} the labels asked for",
        Mismatch.Denied => $"{(one ? "belongs" : "belong")} to an operator you excluded",
        Mismatch.Image when spec.ImageBlob is not null => $"{(one ? "takes" : "take")} no images that come with a task",
        Mismatch.Image when spec.Repository is { } from => $"{(one ? "does" : "do")} not have the image {spec.Image} and would not pull it from {from}",
        Mismatch.Image => $"{(one ? "does" : "do")} not have the image {spec.Image}",
        Mismatch.Model => $"{(one ? "does" : "do")} not have the model {spec.Image}",
        Mismatch.Network => $"{(one ? "does" : "do")} not let programs connect to {string.Join(", ", spec.Network!.Allow)}",
        Mismatch.Cpu => $"{(one ? "lacks" : "lack")} {Number(spec.Resources.CpuMillis, 1000)} cores",
        Mismatch.Memory => $"{(one ? "lacks" : "lack")} {Bytes(spec.Resources.Memory)} of memory",
        Mismatch.Disk => $"{(one ? "lacks" : "lack")} {Bytes(spec.Resources.Disk)} of disk",
        Mismatch.Gpu => $"{(one ? "lacks" : "lack")} {Gpus(spec.Gpu!)}",
        Mismatch.Price => $"{(one ? "is" : "are")} above your price",
        Mismatch.Draining => $"{(one ? "takes" : "take")} no new work",
        Mismatch.Cooling => $"{(one ? "rests" : "rest")} after a fault",
        Mismatch.Busy => $"{(one ? "is" : "are")} busy",
        _ => throw new ArgumentOutOfRangeException(nameof(why), why, "Nothing to say."),
    };

    private static string Gpus(GpuRequest gpu)
        => $"{gpu.Count} {(gpu.Vendor == GpuVendor.Any ? "" : $"{gpu.Vendor} ")}{(gpu.Count == 1 ? "GPU" : "GPUs")}"
            + (gpu.Memory > 0 ? $" with {Bytes(gpu.Memory)}{(gpu.Count == 1 ? "" : " each")}" : "");

    private static string Bytes(long bytes) => bytes >= 1L << 30 ? $"{Number(bytes, 1L << 30)} GiB" : $"{Number(bytes, 1L << 20)} MiB";

    private static string Number(long value, long unit) => ((decimal)value / unit).ToString("0.##", CultureInfo.InvariantCulture);
}

using Google.Protobuf;
using Rxelon.Domain.Matching;
using Rxelon.Domain.Tasks;
using Rxelon.Hub.Config;
using Rxelon.Shared.Ids;
using Rxelon.Shared.Values;
using Rxelon.Shared.Wire;
using Rxelon.Shared.Workloads;

namespace Rxelon.Hub.Edge.Sessions;

/// <summary>Wire messages to and from the hub's own types. Reading returns null or false for anything malformed.</summary>
internal static class WireMap
{
    private const int MaxLabels = 64;
    private const int MaxText = 256;
    private const int MaxImages = 1_000;
    private const int MaxSlots = 100_000;

    internal static AttemptKey Key(AttemptId attempt)
        => new() { Task = Bytes(attempt.Task.ToBytes()), Part = (uint)attempt.Part, Number = (uint)attempt.Number };

    internal static bool TryRead(AttemptKey? key, out AttemptId attempt)
    {
        attempt = default;
        if (key is null || key.Task.Length != 16 || key.Task.Span.IndexOfAnyExcept((byte)0) < 0
            || key.Part > int.MaxValue || key.Number is 0 or > int.MaxValue)
            return false;
        attempt = new AttemptId(TaskId.FromBytes(key.Task.Span), (int)key.Part, (int)key.Number);
        return true;
    }

    internal static bool TryRead(Blob? blob, out BlobRef reference)
    {
        reference = default;
        if (blob is null || blob.Id.Length != BlobId.Size || blob.Size < 0)
            return false;
        reference = new BlobRef(BlobId.FromDigest(blob.Id.Span), blob.Size);
        return true;
    }

    internal static ByteString Bytes(ReadOnlySpan<byte> bytes) => ByteString.CopyFrom(bytes);

    internal static Metering Metering(MeteringMsg? m)
        => m is null ? default : new(m.WallMillis, m.CpuMillis, m.PeakMemory, m.Fuel, m.InputBytes, m.OutputBytes, m.ExitCode);

    /// <summary>False when a number in the metering cannot be right; such a report is a violation.</summary>
    internal static bool IsPlausible(MeteringMsg? m)
        => m is not null && m.WallMillis >= 0 && m.CpuMillis >= 0 && m.PeakMemory >= 0 && m.Fuel >= 0 && m.InputBytes >= 0 && m.OutputBytes >= 0;

    internal static ResourcesMsg Resources(Resources r) => new() { CpuMillis = r.CpuMillis, Memory = r.Memory, Disk = r.Disk };

    /// <summary>The offer for the matchmaker; the ask is moved into the CHS's bounds. Null when it makes no sense.</summary>
    internal static NodeOffer? Offer(Offer? offer, NodeId node, AccountId operatorAccount, ulong session, HubOptions options)
    {
        if (offer?.Total is null || offer.Free is null || offer.Labels.Count > MaxLabels || offer.Region.Length > MaxText
            || offer.Labels.Any(l => l.Key.Length > MaxText || l.Value.Length > MaxText)
            || offer.Executors.Sum(e => e.Images.Count) > MaxImages || !AreSane(offer.Executors) || offer.SlotsTotal > MaxSlots || offer.SlotsFree > offer.SlotsTotal)
            return null;
        var total = Read(offer.Total);
        var free = Read(offer.Free);
        if (!IsSane(total) || !IsSane(free) || !free.FitsIn(total))
            return null;
        List<GpuInfo> gpus = [.. offer.Gpus
            .Where(g => Enum.IsDefined((GpuVendor)g.Vendor) && g.Vendor != 0 && g.Memory >= 0 && g.Model.Length <= MaxText)
            .Take(GpuRequest.Most).Select(g => new GpuInfo((GpuVendor)g.Vendor, g.Model, g.Memory))];
        var ask = new Tokens(Math.Clamp(offer.AskMicrosPerCoreHour, options.MinAskPerCoreHour, options.MaxAskPerCoreHour));
        return new NodeOffer(
            node, operatorAccount, session, free, total, (int)offer.SlotsFree, (int)offer.SlotsTotal, offer.Draining, ask, offer.Region,
            offer.Labels.ToDictionary(l => l.Key, l => l.Value, StringComparer.Ordinal),
            offer.Executors.Select(e => (WorkloadKind)e.Kind).Where(Enum.IsDefined).ToHashSet(),
            offer.Executors.SelectMany(e => e.Images).ToHashSet(StringComparer.Ordinal))
        {
            Models = offer.Executors.SelectMany(e => e.Models).DistinctBy(m => m.Name)
                .ToDictionary(m => m.Name, m => new OfferedModel(m.Loaded, m.MilliTokensPerSecond), StringComparer.Ordinal),
            Pool = offer.Executors.FirstOrDefault(e => e.Kind == (uint)WorkloadKind.Model) is { } pool
                ? new OfferedPool(pool.PoolMemory, pool.PoolMemoryFree, (int)pool.PoolDevices)
                : null,
            Registries = [.. offer.Executors.SelectMany(e => e.Registries).Where(ImageReference.IsRegistry).Take(MaxLabels)],
            Networks = [.. offer.Executors.SelectMany(e => e.Networks).Where(n => n.Length <= MaxText && NetworkRules.IsAgreement(n)).Take(MaxLabels)],
            Gpus = gpus,
            GpusFree = (int)Math.Min((uint)gpus.Count, offer.GpusFree),
            TakesImages = offer.Executors.Any(e => e.TakesImages),
        };
    }

    internal static IReadOnlyList<string> Warnings(Offer? offer)
        => offer?.Executors.SelectMany(e => e.Warnings).Where(w => w.Length <= MaxText).Take(MaxLabels).ToList() ?? [];

    internal static PartAttempt PartOf(AttemptId attempt) => new(attempt.Part, attempt.Number);

    private static bool AreSane(IEnumerable<ExecutorOffer> executors) => executors.All(e =>
        e.Models.Count <= MaxImages && e.Models.All(m => m.Name.Length is > 0 and <= MaxText && m.MilliTokensPerSecond >= 0)
        && e.PoolMemory >= 0 && e.PoolMemoryFree >= 0 && e.PoolDevices <= MaxSlots);

    private static Resources Read(ResourcesMsg r) => new(r.CpuMillis, r.Memory, r.Disk);

    private static bool IsSane(Resources r) => r is { CpuMillis: >= 0, Memory: >= 0, Disk: >= 0 };
}

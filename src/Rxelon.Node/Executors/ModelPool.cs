namespace Rxelon.Node.Executors;

/// <summary>A cluster's live members together: memory in bytes, how many machines, and the models that they can run now.</summary>
public sealed record ModelPool(long MemoryTotal, long MemoryFree, int Devices, IReadOnlyList<HostedModel> Models)
{
    private const int FreeShift = 30;

    /// <summary>Whether the hub would do anything else with the other one; free memory counts by the GiB, since it changes all the time.</summary>
    internal bool IsLike(ModelPool? other)
        => other is not null && MemoryTotal == other.MemoryTotal && MemoryFree >> FreeShift == other.MemoryFree >> FreeShift
            && Devices == other.Devices && Models.SequenceEqual(other.Models);
}

/// <summary>A model by its full name; loaded when an instance of it is ready; its speed in thousandths of a token per second, 0 unknown.</summary>
public sealed record HostedModel(string Name, bool IsLoaded, long MilliTokensPerSecond);

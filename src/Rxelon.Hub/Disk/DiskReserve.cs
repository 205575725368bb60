using Rxelon.Shared.Values;

namespace Rxelon.Hub.Disk;

/// <summary>
/// Room on the journal's volume that uploads leave free: what strangers send must never keep the hub from writing down what happened.
/// Safe for concurrent use; several writers may overshoot by what each writes between two looks.
/// </summary>
/// <param name="bytes">How much stays free; 0: uploads may fill the disk.</param>
/// <param name="free">Bytes that this process may still write on that volume.</param>
internal sealed class DiskReserve(long bytes, Func<long> free, ILogger log)
{
    private volatile bool _isLow;

    /// <summary>What to answer while the room is needed.</summary>
    internal Fault Fault { get; } = new(
        FaultCodes.StorageFull,
        $"The hub has less than {bytes >> 20} MiB of disk left, which it keeps for its own records; nothing more is stored. Ask again later.",
        Culprit.Hub, Retryable: true);

    /// <summary>The reserve of the volume that holds a directory.</summary>
    internal static DiskReserve Of(string directory, long bytes, ILogger log)
    {
        var volume = new DriveInfo(directory);
        return new DiskReserve(bytes, () => volume.AvailableFreeSpace, log);
    }

    /// <summary>False when so many more bytes would touch the reserve.</summary>
    internal bool Allows(long more)
    {
        if (bytes == 0)
            return true;
        var left = free();
        if ((left < bytes) != _isLow)
        {
            _isLow = !_isLow;
            if (_isLow)
                log.LogError("{Free} bytes of disk are left and {Reserve} are kept for the journal: uploads, results and logs are refused. Make room", left, bytes);
            else
                log.LogInformation("{Free} bytes of disk are left: uploads are taken again", left);
        }

        return left - more >= bytes;
    }
}

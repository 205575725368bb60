namespace Rxelon.Hub.Disk;

/// <summary>
/// Whether a large file is written through the page cache or past it. Through it is right while memory is cheap: whoever reads the file next
/// finds it there. Where fresh memory is dear (virtual machines that give unused pages back to their host, a cache full of what waits for
/// the disk) copying into it takes more processor time than all the rest; then a disk that is about as fast takes the blocks directly.
/// Not for concurrent use.
/// </summary>
internal sealed class WritePath
{
    /// <summary>What is looked at together.</summary>
    internal const long Stretch = 16L << 20;

    /// <summary>Bytes per second below which a copy into memory is dear.</summary>
    internal const double Dear = 700 * (1 << 20);

    private double? _throughCache;
    private long _bytes;
    private TimeSpan _took;
    private bool _isSettled;

    /// <summary>True when blocks go past the page cache.</summary>
    internal bool IsDirect { get; private set; }

    /// <summary>Past the page cache from the first block on.</summary>
    internal static WritePath Direct => new() { IsDirect = true, _isSettled = true };

    /// <summary>Through the page cache, whatever it takes.</summary>
    internal static WritePath Cached => new() { _isSettled = true };

    /// <summary>A block was written the way that was asked for.</summary>
    internal void Wrote(int bytes, TimeSpan took)
    {
        if (_isSettled)
            return;
        _bytes += bytes;
        _took += took;
        if (_bytes < Stretch)
            return;
        var rate = _bytes / _took.TotalSeconds;
        (_bytes, _took) = (0, TimeSpan.Zero);
        if (_throughCache is not { } cached)
        {
            if (rate < Dear)
                (_throughCache, IsDirect) = (rate, true);
            return;
        }

        IsDirect = rate >= cached / 2;
        _isSettled = true;
    }
}

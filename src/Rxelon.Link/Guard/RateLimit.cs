namespace Rxelon.Link.Guard;

/// <summary>A token bucket. Not safe for concurrent use.</summary>
public sealed class RateLimit
{
    private readonly TimeProvider _time;
    private readonly double _perSecond;
    private readonly double _burst;
    private double _tokens;
    private long _at;

    /// <summary><paramref name="perSecond"/> sustained, <paramref name="burst"/> at once; starts full.</summary>
    public RateLimit(TimeProvider time, double perSecond, double burst)
    {
        _time = time;
        _perSecond = perSecond;
        _burst = burst;
        _tokens = burst;
        _at = time.GetTimestamp();
    }

    /// <summary>True when one more is within the limit.</summary>
    public bool TryTake()
    {
        Refill();
        if (_tokens < 1)
            return false;
        _tokens--;
        return true;
    }

    /// <summary>True when nothing was taken for long enough that forgetting this bucket changes nothing.</summary>
    public bool IsFull
    {
        get
        {
            Refill();
            return _tokens >= _burst;
        }
    }

    private void Refill()
    {
        var now = _time.GetTimestamp();
        _tokens = Math.Min(_burst, _tokens + (_time.GetElapsedTime(_at, now).TotalSeconds * _perSecond));
        _at = now;
    }
}

namespace Rxelon.Node.Link;

/// <summary>Waiting times between attempts: doubling from 200 ms to 3 s, each with a random half, so that nodes do not return in step.</summary>
internal sealed class BackOff
{
    private static readonly TimeSpan First = TimeSpan.FromMilliseconds(200);
    private static readonly TimeSpan Longest = TimeSpan.FromSeconds(3);
    private TimeSpan _next = First;

    internal TimeSpan Next()
    {
        var wait = _next * (0.5 + (Random.Shared.NextDouble() / 2));
        _next = _next * 2 < Longest ? _next * 2 : Longest;
        return wait;
    }

    internal void Reset() => _next = First;
}

namespace Rxelon.Domain.Tasks;

/// <summary>How far a task is and how long it may still take: the formula of docs/design/logs.md.</summary>
/// <param name="Percent">0 to 100; 100 only when every planned part is accepted.</param>
/// <param name="Eta">Null when nothing is done yet, or nothing is left to do.</param>
public readonly record struct TaskProgress(int Percent, TimeSpan? Eta)
{
    private const int Most = 999;
    private const double Thousand = 1000;

    // Rates over less than that are noise.
    private static readonly TimeSpan Least = TimeSpan.FromSeconds(1);
    private static readonly TimeSpan Longest = TimeSpan.FromDays(3650);

    /// <summary>
    /// <paramref name="planned"/> parts of which <paramref name="accepted"/> are done and others run, each so many thousandths done;
    /// <paramref name="started"/> is when the first one was placed.
    /// </summary>
    public static TaskProgress Of(long planned, long accepted, IEnumerable<int> running, DateTimeOffset? started, DateTimeOffset now, bool ended)
    {
        if (planned <= 0)
            return default;
        accepted = Math.Min(accepted, planned);
        if (accepted == planned)
            return new TaskProgress(100, null);
        var done = accepted + (running.Sum(r => (long)Math.Clamp(r, 0, Most)) / Thousand);
        done = Math.Min(done, planned);
        var percent = Math.Min((int)(100 * done / planned), 99);
        if (ended || done <= 0 || started is not { } since || now - since < Least)
            return new TaskProgress(percent, null);
        var eta = (planned - done) * (now - since).TotalSeconds / done;
        return new TaskProgress(percent, eta < Longest.TotalSeconds ? TimeSpan.FromSeconds(eta) : null);
    }
}

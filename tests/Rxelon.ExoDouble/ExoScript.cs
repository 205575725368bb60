using System.Collections.Concurrent;

namespace Rxelon.ExoDouble;

/// <summary>Which release the double plays.</summary>
public enum ExoRelease
{
    Main,
    V1071,
}

/// <summary>What happens to one chat completion.</summary>
public enum ChatFate
{
    Answer,

    /// <summary>An error chunk before the first token.</summary>
    ErrorBefore,

    /// <summary>An error chunk after the first token.</summary>
    ErrorAfter,

    /// <summary>Keep-alives for ever, no token.</summary>
    StallBefore,

    /// <summary>Keep-alives for ever after the first token.</summary>
    StallAfter,

    /// <summary>The stream just ends after the first token.</summary>
    CutAfter,
}

/// <summary>The double's switches; each may be set while it runs.</summary>
public sealed class ExoScript
{
    public ExoRelease Release { get; set; } = ExoRelease.Main;

    /// <summary>From an accepted write until the state shows it.</summary>
    public TimeSpan PlaceDelay { get; set; } = TimeSpan.FromMilliseconds(50);

    /// <summary>For each step of a runner.</summary>
    public TimeSpan RunnerDelay { get; set; } = TimeSpan.FromMilliseconds(10);

    /// <summary>EXO's is 10 s.</summary>
    public TimeSpan KeepAlive { get; set; } = TimeSpan.FromMilliseconds(100);

    /// <summary>Before each token.</summary>
    public TimeSpan TokenDelay { get; set; } = TimeSpan.Zero;

    /// <summary>The texts of the chunks.</summary>
    public IReadOnlyList<string> Tokens { get; set; } = ["Hello", " there"];

    /// <summary>Fates of the next chats, in order; then they are answered.</summary>
    public ConcurrentQueue<ChatFate> Fates { get; } = new();

    /// <summary>So many placements end with a failed runner.</summary>
    public int FailingPlacements { get; set; }

    /// <summary>Writes are accepted and nothing ever appears.</summary>
    public bool SwallowPlacements { get; set; }

    /// <summary>No preview is valid.</summary>
    public bool TooLittleMemory { get; set; }

    /// <summary>Entries of each member's downloads; EXO lists its whole catalogue.</summary>
    public int DownloadEntries { get; set; } = 1;

    /// <summary>Further models on disk, with their sizes in bytes.</summary>
    public IReadOnlyDictionary<string, long> MoreModels { get; set; } = new Dictionary<string, long>();

    /// <summary>Requests are answered with 500 and no sense, as by a cluster in trouble.</summary>
    public bool Broken { get; set; }

    internal ChatFate NextFate() => Fates.TryDequeue(out var fate) ? fate : ChatFate.Answer;
}

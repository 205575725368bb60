namespace Rxelon.Node.Blobs;

/// <summary>Where the bytes of one blob go. A transfer that breaks off goes on behind what was taken.</summary>
internal interface IDownload
{
    /// <summary>Bytes taken.</summary>
    long Count { get; }

    /// <summary>The next answer begins at the blob's first byte, although some were taken.</summary>
    void Restart();

    /// <summary>
    /// Takes the answer's bytes up to its end, or up to one more than the blob has: that is enough to see that it is another one. What came
    /// before an exception is taken.
    /// </summary>
    /// <param name="body">The answer.</param>
    /// <param name="silence">Told of every sign of life.</param>
    /// <param name="cancel">Gives up.</param>
    Task TakeAsync(Stream body, Silence silence, CancellationToken cancel);
}

/// <summary>Ends a request whose other side says nothing for too long; not while nobody listens.</summary>
internal sealed class Silence(TimeSpan most, TimeProvider time) : IDisposable
{
    private readonly CancellationTokenSource _watch = new(most, time);

    /// <summary>Cancelled when it lasted too long.</summary>
    internal CancellationToken Token => _watch.Token;

    /// <summary>A sign came; the next one has <paramref name="times"/> as long as usual.</summary>
    internal void Heard(int times = 1) => _watch.CancelAfter(most * times);

    /// <summary>Until the next sign: it is we who are slow.</summary>
    internal void Busy() => _watch.CancelAfter(Timeout.InfiniteTimeSpan);

    public void Dispose() => _watch.Dispose();
}

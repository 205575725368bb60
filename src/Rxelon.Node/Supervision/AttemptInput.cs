using Rxelon.Node.Blobs;
using Rxelon.Shared.Crypto;
using Rxelon.Shared.Ids;
using Rxelon.Shared.Values;

namespace Rxelon.Node.Supervision;

/// <summary>
/// What an attempt's program gets: the part's own input, decrypted, together with what it needs and begins from. A large one is received while
/// it is read (docs/design/sandboxes.md); its end then comes only when all of it was right.
/// </summary>
internal sealed class AttemptInput : IAsyncDisposable
{
    private readonly ArrivingBlob? _arriving;
    private readonly PartDecryptStream? _own;
    private readonly OpenedCheckpoint? _former;
    private readonly ComposedInput? _composed;

    /// <param name="blobs">Fetches what is not here.</param>
    /// <param name="id">Whose input it is.</param>
    /// <param name="part">What belongs to it.</param>
    /// <param name="keys">The keys for it.</param>
    /// <param name="held">The own input's ciphertext when that is here; stays the caller's.</param>
    /// <param name="former">What an earlier attempt left, encrypted; stays the caller's.</param>
    /// <param name="cancel">Gives up; whoever reads sees that.</param>
    internal AttemptInput(
        BlobTransfer blobs, AttemptId id, AssignedWork part, GrantedKeys keys, CipherBlob? held, CipherBlob? former, CancellationToken cancel)
    {
        _arriving = held is null && part.Input is { } input ? blobs.Arrive(input, cancel) : null;
        if ((_arriving ?? held?.OpenRead()) is { } cipher)
            _own = new PartDecryptStream(cipher, keys.Input, PartContext.Input(id.Task, part.Source), leaveOpen: true);
        _former = Checkpoints.Open(former, id, part.CheckpointNumber, keys);
        if (part.Results.Count > 0 || _former is not null)
            _composed = new ComposedInput(id.Task, _own, part.Results, keys.Results, part.Carries, blobs, cancel, _former);
        Stream = _composed?.Stream ?? _own ?? Stream.Null;
    }

    /// <summary>
    /// To be read once. Throws <see cref="PartCorruptException"/>, <see cref="NeededResultException"/> and <see cref="ArrivalException"/>.
    /// </summary>
    internal Stream Stream { get; }

    /// <summary>False as long as its end was not received and found right.</summary>
    internal bool IsWhole => _arriving is null or { IsWhole: true };

    /// <summary>
    /// Whose fault it is: the input is to blame for what is wrong in it only when it is the one that was named, as if its hash had been looked at
    /// first. Nobody may be reading.
    /// </summary>
    internal async Task<Fault> JudgeAsync(Fault seen)
    {
        if (_arriving is null || seen.Culprit != Culprit.Input)
            return seen;
        if (_composed is not null)
            await _composed.DisposeAsync().ConfigureAwait(false);
        return await _arriving.FinishAsync().ConfigureAwait(false) ?? seen;
    }

    /// <inheritdoc/>
    public async ValueTask DisposeAsync()
    {
        if (_composed is not null)
            await _composed.DisposeAsync().ConfigureAwait(false);
        _former?.Dispose();
        if (_own is not null)
            await _own.DisposeAsync().ConfigureAwait(false);
        if (_arriving is not null)
            await _arriving.DisposeAsync().ConfigureAwait(false);
    }
}

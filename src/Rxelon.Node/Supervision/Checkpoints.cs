using Rxelon.Node.Blobs;
using Rxelon.Node.Executors;
using Rxelon.Shared.Crypto;
using Rxelon.Shared.Ids;

namespace Rxelon.Node.Supervision;

/// <summary>A checkpoint in the clear and its length.</summary>
internal sealed class OpenedCheckpoint(Stream plain, long length) : IDisposable
{
    internal Stream Plain { get; } = plain;

    internal long Length { get; } = length;

    public void Dispose() => Plain.Dispose();
}

/// <summary>Encrypts what a program left, and opens what an earlier attempt left (docs/design/checkpoints.md).</summary>
internal static class Checkpoints
{
    /// <summary>Null when the program left nothing or the attempt has no key for it.</summary>
    internal static async Task<CipherBlob?> SealAsync(
        ISandbox? sandbox, CipherSpool spool, AttemptId id, GrantedKeys keys, CipherSuite suite, CancellationToken cancel)
    {
        if (keys.Checkpoint is not { } key)
            return null;
        using var plain = sandbox?.OpenCheckpoint();
        if (plain is null)
            return null;
        var writer = spool.Create();
        await using (writer.ConfigureAwait(false))
        {
            using var sealing = new PartEncryptStream(writer, key, suite, PartContext.Checkpoint(id.Task, id.Part, id.Number), leaveOpen: true);
            await plain.CopyToAsync(sealing, cancel).ConfigureAwait(false);
            sealing.Complete();
            return writer.Finish();
        }
    }

    /// <summary>
    /// Null when there is none that opens to its end: the part then begins from its input. It is read once before, because what has been
    /// unpacked into a sandbox cannot be taken back.
    /// </summary>
    internal static OpenedCheckpoint? Open(CipherBlob? blob, AttemptId id, int number, GrantedKeys keys)
    {
        if (blob is null || keys.Former is not { } key)
            return null;
        try
        {
            using var whole = Decrypt(blob, id, number, key);
            whole.CopyTo(Stream.Null);
        }
        catch (PartCorruptException)
        {
            return null;
        }

        return new OpenedCheckpoint(Decrypt(blob, id, number, key), PartFormat.PlainLength(blob.Reference.Size));
    }

    private static PartDecryptStream Decrypt(CipherBlob blob, AttemptId id, int number, byte[] key)
        => new(blob.OpenRead(), key, PartContext.Checkpoint(id.Task, id.Part, number), leaveOpen: true);
}

using System.Security.Cryptography;
using Rxelon.Client.Profiles;
using Rxelon.Shared.Crypto;
using Rxelon.Shared.Ids;

namespace Rxelon.Client.Splitting;

/// <summary>
/// Holds bytes of unknown number until they are read once: in memory while few, else in a temporary file, encrypted with a key
/// that exists only here. A tar entry states its length first, and a pipe does not tell it.
/// </summary>
internal sealed class Spool : WriteOnlyStream
{
    private const int MemoryLimit = 1 << 20;

    private static readonly CipherSuite Suite = AesSupported ? CipherSuite.Aes256Gcm : CipherSuite.ChaCha20Poly1305;

    private readonly string _directory;
    private readonly MemoryStream _memory = new();
    private byte[]? _key;
    private FileStream? _file;
    private PartEncryptStream? _encrypting;
    private PartContext _context;

    internal Spool(string directory) => _directory = directory;

    private static bool AesSupported => AesGcm.IsSupported;

    /// <summary>Bytes written since the start or the last <see cref="ResetAsync"/>.</summary>
    internal long Count { get; private set; }

    public override bool CanWrite => true;

    public override void Flush()
    {
    }

    public override void Write(ReadOnlySpan<byte> buffer)
    {
        Count += buffer.Length;
        if (_encrypting is null && _memory.Length + buffer.Length <= MemoryLimit)
            _memory.Write(buffer);
        else
            Spill().Write(buffer);
    }

    public override ValueTask WriteAsync(ReadOnlyMemory<byte> buffer, CancellationToken cancellationToken = default)
    {
        Count += buffer.Length;
        if (_encrypting is not null || _memory.Length + buffer.Length > MemoryLimit)
            return Spill().WriteAsync(buffer, cancellationToken);
        _memory.Write(buffer.Span);
        return ValueTask.CompletedTask;
    }

    /// <summary>What was written; to be read once, before <see cref="ResetAsync"/>.</summary>
    internal async Task<Stream> OpenAsync(CancellationToken ct)
    {
        if (_encrypting is null)
        {
            _memory.Position = 0;
            return _memory;
        }

        await _encrypting.CompleteAsync(ct).ConfigureAwait(false);
        _file!.Position = 0;
        return new PartDecryptStream(_file, _key, _context, leaveOpen: true);
    }

    internal async Task ResetAsync()
    {
        Count = 0;
        _memory.SetLength(0);
        if (_encrypting is not null)
            await _encrypting.DisposeAsync().ConfigureAwait(false);
        _encrypting = null;
        _file?.SetLength(0);
    }

    protected override void Dispose(bool disposing)
    {
        if (disposing)
        {
            _encrypting?.Dispose();
            _file?.Dispose();
            CryptographicOperations.ZeroMemory(_key);
            CryptographicOperations.ZeroMemory(_memory.GetBuffer());
            _memory.Dispose();
        }

        base.Dispose(disposing);
    }

    private PartEncryptStream Spill()
    {
        if (_encrypting is not null)
            return _encrypting;
        _key ??= RandomNumberGenerator.GetBytes(KeySchedule.KeySize);
        _file ??= ProfileStore.CreatePrivate(
            Path.Combine(_directory, "spool-" + Convert.ToHexStringLower(RandomNumberGenerator.GetBytes(8))), FileOptions.DeleteOnClose);
        _context = PartContext.Shared(TaskId.FromBytes(RandomNumberGenerator.GetBytes(16)), "spool");
        _encrypting = new PartEncryptStream(_file, _key, Suite, _context, leaveOpen: true);
        _encrypting.Write(_memory.GetBuffer().AsSpan(0, (int)_memory.Length));
        _memory.SetLength(0);
        return _encrypting;
    }
}

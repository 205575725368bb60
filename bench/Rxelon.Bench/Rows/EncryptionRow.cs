using System.Diagnostics;
using System.Security.Cryptography;
using Rxelon.Shared.Crypto;
using Rxelon.Shared.Ids;

namespace Rxelon.Bench.Rows;

/// <summary>
/// The part format against one call of the platform's AES-256-GCM on the same 16 MiB. Both are measured in turn within each run,
/// so that a machine that slows down slows both, and the ratio is of one run.
/// </summary>
internal sealed class EncryptionRow : IBenchRow
{
    private const int Size = 16 << 20;
    private static readonly Target Promise = Target.Least(0.80);

    public string Name => "encryption";

    public string About => "throughput of the part format over the platform's AES-256-GCM, 16 MiB";

    public Task<RowResult> RunAsync(BenchRun run, CancellationToken cancel)
    {
        var runs = run.Times(60, 8);
        var plain = RandomNumberGenerator.GetBytes(Size);
        var key = RandomNumberGenerator.GetBytes(PartFormat.KeySize);
        var cipher = new byte[PartFormat.CipherLength(Size)];
        var context = PartContext.Input(TaskId.FromBytes(RandomNumberGenerator.GetBytes(16)), 0);
        var raw = new List<double>();
        var figures = new List<Figure>();
        foreach (var suite in CipherSuites.All)
        {
            run.Say($"{CipherSuites.Name(suite)}, {runs} runs");
            var whole = new Side();
            var stream = new Side();
            var times = suite == CipherSuite.Aes256GcmSiv ? Math.Max(2, runs / 10) : runs;
            for (var i = -2; i < times; i++)
            {
                cancel.ThrowIfCancellationRequested();
                var baseline = Raw(plain, key, cipher);
                var sealing = Rate(() => PartCipher.SealInto(cipher, plain, key, suite, context));
                var streaming = Rate(() => ThroughStream(plain, key, suite, context));
                if (i < 0)
                    continue;
                raw.Add(baseline);
                whole.Add(sealing, baseline);
                stream.Add(streaming, baseline);
            }

            figures.AddRange(whole.Figures($"{CipherSuites.Name(suite)} SealInto", suite));
            figures.AddRange(stream.Figures($"{CipherSuites.Name(suite)} stream", suite));
        }

        figures.Insert(0, new Figure("raw aes-256-gcm, one call", "MiB/s", raw));
        return Task.FromResult(new RowResult(figures, ["Promised for aes-256-gcm, the default; the other suites are for comparison."]));
    }

    private static double Raw(byte[] plain, byte[] key, byte[] cipher) => Rate(() =>
    {
        using var aes = new AesGcm(key, PartFormat.TagSize);
        Span<byte> nonce = stackalloc byte[PartFormat.NonceSize];
        RandomNumberGenerator.Fill(nonce);
        aes.Encrypt(nonce, plain, cipher.AsSpan(0, Size), cipher.AsSpan(Size, PartFormat.TagSize));
    });

    private static void ThroughStream(byte[] plain, byte[] key, CipherSuite suite, PartContext context)
    {
        using var stream = new PartEncryptStream(Stream.Null, key, suite, context);
        stream.Write(plain);
        stream.Complete();
    }

    private static double Rate(Action encrypt)
    {
        var start = Stopwatch.GetTimestamp();
        encrypt();
        return Size / (double)(1 << 20) / Stopwatch.GetElapsedTime(start).TotalSeconds;
    }

    /// <summary>Rates of one way to encrypt, and their ratios to the baseline of the same run.</summary>
    private sealed class Side
    {
        private readonly List<double> _rates = [];
        private readonly List<double> _ratios = [];

        internal void Add(double rate, double baseline)
        {
            _rates.Add(rate);
            _ratios.Add(rate / baseline);
        }

        internal IEnumerable<Figure> Figures(string name, CipherSuite suite) =>
        [
            new(name, "MiB/s", _rates),
            new($"{name} / raw", "ratio", _ratios, suite == CipherSuite.Aes256Gcm ? Promise : null),
        ];
    }
}

using System.Text;
using Rxelon.Shared.Crypto;
using Rxelon.Shared.Values;
using static Rxelon.Shared.Tests.Crypto.Samples;

namespace Rxelon.Shared.Tests.Crypto;

/// <summary>A log is read in the order in which it was written, or the reader learns what is wrong with it.</summary>
public sealed class LogChunkSpecs
{
    private static readonly PartContext Here = PartContext.LiveLog(ThisTask, 3, 2);

    public static TheoryData<CipherSuite> Suites => [.. CipherSuites.All];

    [Theory]
    [MemberData(nameof(Suites))]
    public void Chunks_open_in_order_and_the_last_says_so(CipherSuite suite)
    {
        var chunks = Sealed(suite, "one\n", "", "three\n");
        using var opener = new LogOpener(Key, Here);

        Assert.Equal(
            [("one\n", 0u, false), ("", 0u, false), ("three\n", 0u, true)],
            chunks.Select((c, i) => opener.Open((uint)i, c).Value).Select(p => (Encoding.UTF8.GetString(p.Plain), p.Missing, p.IsLast)));
    }

    [Fact]
    public void Chunks_that_did_not_arrive_are_counted_at_the_front_and_in_between()
    {
        var chunks = Sealed(CipherSuite.Aes256Gcm, "0", "1", "2", "3", "4", "5");
        using var opener = new LogOpener(Key, Here);

        Assert.Equal(2u, opener.Open(2, chunks[2]).Value.Missing);
        Assert.Equal(0u, opener.Open(3, chunks[3]).Value.Missing);
        Assert.Equal(1u, opener.Open(5, chunks[5]).Value.Missing);
    }

    [Fact]
    public void A_chunk_under_another_number_twice_or_before_its_turn_does_not_open()
    {
        var chunks = Sealed(CipherSuite.Aes256Gcm, "0", "1", "2", "3");
        using var opener = new LogOpener(Key, Here);

        Says(opener.Open(0, chunks[1]), "chunk 0 does not authenticate");
        Assert.True(opener.Open(1, chunks[1]).IsOk);
        Says(opener.Open(1, chunks[1]), "chunk 1 comes after chunk 1");
        Says(opener.Open(0, chunks[0]), "chunk 0 comes after chunk 1");
        Says(opener.Open(2, chunks[1]), "chunk 2 does not authenticate");
        Assert.True(opener.Open(3, chunks[3]).Value.IsLast);
        Says(opener.Open(4, chunks[3]), "chunk 4 follows the last");
    }

    [Fact]
    public void A_chunk_of_another_run_attempt_part_task_or_log_does_not_open()
    {
        var first = Sealed(CipherSuite.Aes256Gcm, "0", "1", "2");
        using (var opener = new LogOpener(Key, Here))
        {
            Assert.True(opener.Open(0, first[0]).IsOk);
            Says(opener.Open(1, Sealed(CipherSuite.Aes256Gcm, "0", "1", "2")[1]), "chunk 1 is of another run");
        }

        foreach (var (elsewhere, field) in new (PartContext, string)[]
        {
            (PartContext.LiveLog(ThisTask, 3, 1), "attempt"), (PartContext.LiveLog(ThisTask, 2, 2), "part"),
            (PartContext.LiveLog(OtherTask, 3, 2), "task"), (PartContext.Log(ThisTask, 3, 2), "name"), (PartContext.Result(ThisTask, 3, 2), "role"),
        })
        {
            using var opener = new LogOpener(Key, elsewhere);
            Says(opener.Open(0, first[0]), field);
        }

        // Nor does the log that a failure report brings pass for this one.
        using var live = new LogOpener(Key, Here);
        Says(live.Open(0, PartCipher.Seal([1], Key, CipherSuite.Aes256Gcm, PartContext.Log(ThisTask, 3, 2))), "name");
    }

    [Fact]
    public void Any_changed_byte_and_any_cut_is_refused()
    {
        var chunk = Sealed(CipherSuite.ChaCha20Poly1305, "some words")[0];
        for (var at = 0; at < chunk.Length; at++)
        {
            var changed = chunk.ToArray();
            changed[at] ^= 1;
            using var opener = new LogOpener(Key, Here);
            Assert.Equal(FaultCodes.DecryptFailed, opener.Open(0, changed).Fault?.Code);
            Assert.Equal(FaultCodes.DecryptFailed, opener.Open(0, chunk.AsSpan(0, at)).Fault?.Code);
        }
    }

    private static byte[][] Sealed(CipherSuite suite, params string[] texts)
    {
        using var sealer = new LogSealer(Key, suite, Here);
        return [.. texts.Select((t, i) => sealer.Seal(Encoding.UTF8.GetBytes(t), i == texts.Length - 1))];
    }

    private static void Says(Outcome<LogPiece> opened, string words)
    {
        Assert.Equal(FaultCodes.DecryptFailed, opened.Fault?.Code);
        Assert.Contains(words, opened.Fault!.Message, StringComparison.Ordinal);
    }
}

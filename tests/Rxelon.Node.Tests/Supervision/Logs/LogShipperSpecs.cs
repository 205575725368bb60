using System.Text;
using Microsoft.Extensions.Time.Testing;
using Rxelon.Node.Supervision.Logs;
using Rxelon.Shared.Crypto;
using Rxelon.Shared.Ids;

namespace Rxelon.Node.Tests.Supervision.Logs;

public sealed class LogShipperSpecs : IDisposable
{
    private static readonly byte[] Key = [.. Enumerable.Repeat((byte)5, 32)];
    private static readonly PartContext Here = PartContext.LiveLog(TaskId.FromBytes("a-task-with-logs"u8), 3, 2);
    private readonly FakeTimeProvider _time = new();
    private readonly List<(uint Number, byte[] Chunk)> _sent = [];
    private readonly LogShipper _shipper;

    public LogShipperSpecs()
        => _shipper = new LogShipper(_time, new LogSealer(Key, CipherSuite.Aes256Gcm, Here), TimeSpan.FromSeconds(1), (number, chunk) => _sent.Add((number, chunk)));

    public void Dispose() => _shipper.Dispose();

    [Fact]
    public void What_is_written_goes_out_a_second_after_its_first_byte()
    {
        Write("one\n");
        _time.Advance(TimeSpan.FromMilliseconds(900));
        Write("two\n");
        Assert.Empty(_sent);
        _time.Advance(TimeSpan.FromMilliseconds(100));
        Assert.Equal("one\ntwo\n", Read().Text);

        Write("three\n");
        _time.Advance(TimeSpan.FromSeconds(1));
        Assert.Equal(("one\ntwo\nthree\n", false), Read());
        _time.Advance(TimeSpan.FromHours(1));
        Assert.Equal(2, _sent.Count);
    }

    [Fact]
    public void A_full_chunk_does_not_wait_but_no_more_than_twenty_go_out_a_second()
    {
        Write("x");
        Write(new string('x', (3 * LogSealer.MaxPlain) - 1));
        Assert.Empty(_sent);
        for (var chunks = 1; chunks <= 3; chunks++)
        {
            _time.Advance(TimeSpan.FromMilliseconds(50));
            Assert.Equal(chunks, _sent.Count);
        }

        Assert.All(_sent, s => Assert.Equal(LogSealer.MaxPlain + LogSealer.Overhead, s.Chunk.Length));
    }

    [Fact]
    public void What_does_not_fit_is_counted_where_it_would_stand()
    {
        Write(new string('a', LogShipper.Room - 10));
        Write(new string('b', 30)); // 10 of them fit
        Write("lost");
        for (var i = 0; i < 3; i++)
            _time.Advance(TimeSpan.FromMilliseconds(50));
        Write("after\n");
        _shipper.Complete(elsewhere: false);

        var (text, ended) = Read();
        Assert.True(ended);
        Assert.EndsWith($"{new string('b', 10)}\n… 24 bytes left out\nafter\n", text, StringComparison.Ordinal);
        Assert.Equal(LogShipper.Room + Encoding.UTF8.GetByteCount("\n… 24 bytes left out\nafter\n"), Encoding.UTF8.GetByteCount(text));
    }

    [Fact]
    public void Of_a_log_without_end_the_beginning_goes_out_as_it_comes_and_the_end_with_the_end()
    {
        var line = new string('l', 1022);
        for (var i = 0; i < 4096; i++)
        {
            Write($"{line}\n");
            if (i % 16 == 0)
                _time.Advance(TimeSpan.FromMilliseconds(50));
        }

        var early = _sent.Sum(s => s.Chunk.Length);
        Assert.InRange(early, LogShipper.Most, LogShipper.Most + LogSealer.MaxPlain + LogSealer.Overhead);
        _time.Advance(TimeSpan.FromMinutes(1));
        Assert.Equal(early, _sent.Sum(s => s.Chunk.Length));

        Write("the very last line\n");
        _shipper.Complete(elsewhere: true);
        var (text, ended) = Read();
        Assert.True(ended);
        Assert.EndsWith("the very last line\n", text, StringComparison.Ordinal);
        var left = long.Parse(text.Split("\n… ")[1].Split(' ')[0], System.Globalization.CultureInfo.InvariantCulture);
        var kept = Encoding.UTF8.GetByteCount(text.Replace($"\n… {left} bytes left out\n", "", StringComparison.Ordinal));
        Assert.Equal((4096 * 1023) + 19, kept + left);
    }

    [Fact]
    public void Nothing_is_sent_when_nothing_was_written_or_the_result_has_it()
    {
        _shipper.Complete(elsewhere: false);
        Assert.Empty(_sent);

        using var short_ = new LogShipper(_time, new LogSealer(Key, CipherSuite.Aes256Gcm, Here), TimeSpan.FromSeconds(1), (n, c) => _sent.Add((n, c)));
        short_.Write("quick\n"u8);
        short_.Complete(elsewhere: true);
        _time.Advance(TimeSpan.FromMinutes(1));
        Assert.Empty(_sent);
    }

    [Fact]
    public void A_log_that_went_out_in_part_is_completed_whatever_the_result_has()
    {
        Write("first\n");
        _time.Advance(TimeSpan.FromSeconds(1));
        _shipper.Complete(elsewhere: true);

        Assert.Equal(("first\n", true), Read());
        Write("too late");
        _shipper.Complete(elsewhere: false);
        Assert.Equal(2, _sent.Count);
    }

    private void Write(string text) => _shipper.Write(Encoding.UTF8.GetBytes(text));

    private (string Text, bool Ended) Read()
    {
        using var opener = new LogOpener(Key, Here);
        var (bytes, ended) = (new List<byte>(), false);
        foreach (var (number, chunk) in _sent)
        {
            var piece = opener.Open(number, chunk).Value;
            Assert.Equal(0u, piece.Missing);
            bytes.AddRange(piece.Plain);
            ended = piece.IsLast;
        }

        return (Encoding.UTF8.GetString([.. bytes]), ended);
    }
}

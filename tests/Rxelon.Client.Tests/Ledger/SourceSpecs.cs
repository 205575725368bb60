using System.Net;
using Microsoft.Extensions.Time.Testing;
using Rxelon.Client.Ledger;
using Rxelon.Client.Tests.Fakes;
using Rxelon.Shared.Values;

namespace Rxelon.Client.Tests.Ledger;

public sealed class SourceSpecs
{
    private readonly FakeTimeProvider _time = new(TestLog.Start);

    [Fact]
    public async Task Files_are_asked_for_below_the_logs_prefix()
    {
        Uri? asked = null;
        using var source = Source((request, _) =>
        {
            asked = request.RequestUri;
            return Task.FromResult(new HttpResponseMessage(HttpStatusCode.OK) { Content = new ByteArrayContent([1, 2, 3]) });
        });

        Assert.Equal([1, 2, 3], (await source.ReadAsync("tile/0/000.p/3", 3)).Value);

        Assert.Equal("https://hub.test/some/ledger/tile/0/000.p/3", asked?.ToString());
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task An_answer_beyond_its_bound_is_refused_whether_it_tells_its_length_or_not(bool tells)
    {
        using var source = Source((_, _) =>
        {
            HttpContent content = tells ? new ByteArrayContent(new byte[101]) : new StreamContent(new Endless());
            return Task.FromResult(new HttpResponseMessage(HttpStatusCode.OK) { Content = content });
        });

        Assert.Equal(FaultCodes.TooLarge, (await source.ReadAsync("checkpoint", 100)).Fault?.Code);
    }

    [Theory]
    [InlineData(HttpStatusCode.NotFound, FaultCodes.NotFound)]
    [InlineData(HttpStatusCode.BadGateway, FaultCodes.Unavailable)]
    [InlineData(HttpStatusCode.Redirect, FaultCodes.Malformed)]
    public async Task Other_answers_are_faults(HttpStatusCode status, string code)
    {
        using var source = Source((_, _) => Task.FromResult(new HttpResponseMessage(status)));
        Assert.Equal(code, (await source.ReadAsync("checkpoint", 100)).Fault?.Code);
    }

    [Fact]
    public async Task A_silent_server_is_given_up()
    {
        using var source = Source(async (_, ct) =>
        {
            await Task.Delay(Timeout.Infinite, ct);
            throw new InvalidOperationException();
        });

        var reading = source.ReadAsync("checkpoint", 100);
        Assert.False(reading.IsCompleted);
        _time.Advance(TimeSpan.FromMinutes(1));

        Assert.Equal(FaultCodes.Unavailable, (await reading).Fault?.Code);
    }

    [Fact]
    public async Task Keys_are_pinned_once_and_later_ones_of_the_document_are_not_believed()
    {
        using var folder = new TempFolder();
        using var log = new TestLog();
        using var other = new TestLog();
        var pins = new LogPins(folder["pins"]);
        var source = new FolderLogSource(log.Folder);
        log.Write("log.json", "{ \"keys\": [] }"u8.ToArray());
        Assert.Equal(FaultCodes.Malformed, (await pins.PolicyOfAsync(source)).Fault?.Code);

        Name(log, log);
        Assert.True((await pins.PolicyOfAsync(source)).Value.IsNew);
        Name(log, other);
        var again = (await pins.PolicyOfAsync(source)).Value;

        Assert.False(again.IsNew);
        Assert.Equal([log.VKey], again.Policy.Logs);
    }

    private static void Name(TestLog where, TestLog key)
        => where.Write("log.json", global::System.Text.Encoding.UTF8.GetBytes($$"""{ "keys": ["{{key.VKey}}"] }"""));

    private HttpLogSource Source(Func<HttpRequestMessage, CancellationToken, Task<HttpResponseMessage>> answer)
        => HttpLogSource.Parse("https://hub.test/some/ledger", _time, transport: new Handler(answer)).Value;

    private sealed class Handler(Func<HttpRequestMessage, CancellationToken, Task<HttpResponseMessage>> answer) : HttpMessageHandler
    {
        protected override Task<HttpResponseMessage> SendAsync(HttpRequestMessage request, CancellationToken cancellationToken)
            => answer(request, cancellationToken);
    }

    private sealed class Endless : MemoryStream
    {
        public override bool CanSeek => false;

        public override int Read(Span<byte> buffer) => buffer.Length;

        public override ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default) => ValueTask.FromResult(buffer.Length);
    }
}

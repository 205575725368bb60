using System.Net.Http.Headers;
using System.Text;
using System.Text.Json;
using Akka.Actor;
using Akka.Hosting;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using Rxelon.Bench.Mock;
using Rxelon.Domain.Accounts;
using Rxelon.Hub.Config;
using Rxelon.Hub.Entities;
using Rxelon.Hub.Tests.Config;
using Rxelon.Shared.Api;
using Rxelon.Shared.Values;

namespace Rxelon.Hub.Tests.Http;

/// <summary>A whole hub in this process, with everything that production wires, on ports that the system picks.</summary>
public sealed class RunningHub : IAsyncLifetime
{
    private readonly DataFolder _folder = new();
    private readonly RecordingLogger _log = new();
    private HubHost? _host;
    private ulong _sessions;

    public HubOptions Options { get; } = new()
    {
        HttpUrl = "http://127.0.0.1:0",
        EdgePort = 0,
        AllowMock = true,
        AccountsPerAddress = 1000,
        QuotaBytes = 8 << 20,
        MaxPartBytes = 4 << 20,
    };

    public HttpClient Http { get; private set; } = null!;

    internal HubHost Host => _host!;

    /// <summary>Everything logged so far.</summary>
    public string Log => _log.Text;

    public DataFolder Folder => _folder;

    public async Task InitializeAsync()
    {
        Options.DataDirectory = _folder.Path;
        await StartAsync();
    }

    public async Task StartAsync()
    {
        _host = HubHost.Build(Options, null, logging => logging.AddProvider(_log));
        await _host.StartAsync(default);
        Http = new HttpClient { BaseAddress = new Uri(_host.Addresses.HttpUrl!) };
    }

    public async Task StopAsync()
    {
        Http.Dispose();
        await _host!.StopAsync();
        await _host.DisposeAsync();
    }

    public async Task DisposeAsync()
    {
        await StopAsync();
        _folder.Dispose();
    }

    /// <summary>A user with so much money, and a connection of its own.</summary>
    public async Task<TestUser> NewUserAsync(long tokens = 100, string kind = "user")
    {
        var user = new TestUser(Http.BaseAddress!);
        await user.OpenAsync(kind);
        if (tokens > 0)
        {
            var reply = await ActorRegistry.For(System).Get<AccountRegion>().Ask<AccountReply>(
                new GrantTokens(user.Account, new Tokens(tokens * Tokens.PerToken), "grant", "test", DateTimeOffset.UtcNow));
            Assert.IsType<AccountOk>(reply);
        }

        return user;
    }

    internal ActorSystem System => Host.Services.GetRequiredService<ActorSystem>();

    /// <summary>Nodes that do everything at once; <paramref name="answers"/> false: they take work and say nothing.</summary>
    public void AttachNodes(bool answers)
    {
        var registry = ActorRegistry.For(System);
        var session = ++_sessions; // those of the previous nodes are over
        var nodes = System.ActorOf(Props.Create(() => new MockNodes(registry.Get<TaskRegion>(), registry.Get<MatchmakerKey>(), 2, 8, answers, session)));
        registry.Register<NodeRouterKey>(nodes, overwrite: true);
        nodes.Tell(MockNodes.Offer.Instance);
    }

    private sealed class RecordingLogger : ILoggerProvider, ILogger
    {
        private readonly StringBuilder _text = new();

        internal string Text
        {
            get
            {
                lock (_text)
                    return _text.ToString();
            }
        }

        public ILogger CreateLogger(string categoryName) => this;

        public IDisposable? BeginScope<TState>(TState state)
            where TState : notnull => null;

        public bool IsEnabled(LogLevel logLevel) => true;

        public void Log<TState>(LogLevel logLevel, EventId eventId, TState state, Exception? exception, Func<TState, Exception?, string> formatter)
        {
            lock (_text)
                _text.AppendLine($"{logLevel} {formatter(state, exception)} {exception}");
        }

        public void Dispose()
        {
        }
    }
}

/// <summary>What the API answered.</summary>
public sealed record Answer(int Status, byte[] Body, HttpResponseMessage Response)
{
    public string Text => Encoding.UTF8.GetString(Body);

    public ProblemInfo Problem => Read<ProblemInfo>();

    public static async Task<Answer> OfAsync(Task<HttpResponseMessage> sending)
    {
        var response = await sending;
        return new Answer((int)response.StatusCode, await response.Content.ReadAsByteArrayAsync(), response);
    }

    public T Read<T>() => (T)JsonSerializer.Deserialize(Body, ApiJson.Default.GetTypeInfo(typeof(T))!)!;

    /// <summary>The answer is this fault, as a problem document.</summary>
    public ProblemInfo AssertProblem(int status, string code, string? field = null)
    {
        Assert.True(status == Status, $"{Status} instead of {status}: {Text[..Math.Min(Text.Length, 1000)]}");
        Assert.Equal("application/problem+json", Response.Content.Headers.ContentType?.MediaType);
        Assert.Equal(code, Problem.Code);
        if (field is not null)
            Assert.Equal(field, Problem.Field);
        return Problem;
    }

    public Answer AssertStatus(int status)
    {
        Assert.True(status == Status, $"{Status} instead of {status}: {Text[..Math.Min(Text.Length, 1000)]}");
        return this;
    }

    internal static HttpContent Json<T>(T body)
    {
        var content = new ByteArrayContent(JsonSerializer.SerializeToUtf8Bytes(body, ApiJson.Default.GetTypeInfo(typeof(T))!));
        content.Headers.ContentType = new MediaTypeHeaderValue("application/json");
        return content;
    }
}

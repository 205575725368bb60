using System.Net.Sockets;
using System.Text;
using System.Text.Json;
using Rxelon.Hub.Tests.Http;
using Rxelon.Shared.Api;
using Rxelon.Shared.Ids;
using Rxelon.Shared.Values;

namespace Rxelon.Hub.Tests.Admin;

/// <summary>The palette through its socket, as <c>rxelon-pbm</c> uses it.</summary>
[Collection(HubCollection.Name)]
public sealed class AdminSpecs(RunningHub hub)
{
    [Fact]
    public async Task Help_lists_every_command()
    {
        var (exit, lines) = await RunAsync("help");
        Assert.Equal(0, exit);
        foreach (var command in (string[])
            ["cluster show", "hub status", "nodes list", "nodes show", "nodes token", "nodes approve", "nodes revoke", "nodes reinstate",
                "accounts list", "accounts show", "accounts grant", "tasks find", "tasks why", "tasks cancel"])
            Assert.Contains(lines, l => l.StartsWith(command, StringComparison.Ordinal));
    }

    [Theory]
    [InlineData(2, "nodes", "explode")]
    [InlineData(2, "nodes", "show")]
    [InlineData(2, "nodes", "show", "-node")]
    [InlineData(2, "nodes", "show", "-colour", "red")]
    [InlineData(2, "nodes", "show", "-node", "a", "-node", "b")]
    [InlineData(1, "nodes", "show", "-node", "nonsense")]
    [InlineData(1, "accounts", "grant", "-account", "nobody", "-amount", "1")]
    [InlineData(1, "tasks", "cancel", "-task", "t_nonsense")]
    public async Task What_is_not_understood_or_refused_has_an_exit_code_and_a_sentence(int code, params string[] words)
    {
        var (exit, lines) = await RunAsync(words);
        Assert.Equal(code, exit);
        Assert.NotEmpty(lines);
    }

    [Fact]
    public async Task A_grant_arrives()
    {
        using var user = await hub.NewUserAsync(0);
        Assert.Equal(0, (await RunAsync("accounts", "grant", "-account", user.Account.ToString(), "-amount", "2.5")).Exit);
        Assert.Equal(new Tokens(2_500_000), (await user.GetAsync("/v1/account")).Read<AccountResponse>().Available);
        Assert.Equal(1, (await RunAsync("accounts", "grant", "-account", user.Account.ToString(), "-amount", "-1")).Exit);
    }

    [Fact]
    public async Task A_token_is_one_word_on_a_line_of_its_own()
    {
        using var user = await hub.NewUserAsync(0, "operator");
        var (exit, lines) = await RunAsync("nodes", "token", "-account", user.Account.ToString());
        Assert.Equal(0, exit);
        Assert.Matches($@"^rxj_[a-z2-7]+\.{hub.Host.Fingerprint}$", lines[0]);
    }

    [Fact]
    public async Task A_task_is_found_explained_and_cancelled()
    {
        using var user = await hub.NewUserAsync();
        var request = await user.PrepareAsync(1, s => s with { Placement = new() { Regions = ["nowhere"] } });
        (await user.PostAsync("/v1/tasks", request)).AssertStatus(201);
        var id = request.Task.ToString();
        await Eventually.Async(() => RunAsync("tasks", "find", "-prefix", id), r => r.Lines.Any(l => l.StartsWith(id, StringComparison.Ordinal)));
        Assert.Equal(0, (await RunAsync("tasks", "why", "-task", id)).Exit);
        Assert.Equal(0, (await RunAsync("tasks", "cancel", "-task", id)).Exit);
        Assert.Equal("Cancelled", (await user.GetAsync($"/v1/tasks/{id}")).Read<TaskResponse>().Summary.Phase);
        Assert.Equal(1, (await RunAsync("tasks", "cancel", "-task", TaskId.FromBytes([7, .. new byte[15]]).ToString())).Exit);
    }

    [Fact]
    public async Task The_socket_is_for_its_owner_only()
        => Assert.Equal(UnixFileMode.UserRead | UnixFileMode.UserWrite, await Task.FromResult(File.GetUnixFileMode(hub.Folder["admin.sock"])));

    [Fact]
    public async Task A_malformed_request_does_not_harm_the_door()
    {
        using (var socket = await ConnectAsync())
        {
            await using var stream = new NetworkStream(socket);
            await stream.WriteAsync(Encoding.UTF8.GetBytes("GET / HTTP/1.1\r\n\r\n"));
            socket.Shutdown(SocketShutdown.Send);
            using var reader = new StreamReader(stream);
            Assert.Contains("malformed", await reader.ReadToEndAsync(), StringComparison.Ordinal);
        }

        Assert.Equal(0, (await RunAsync("hub", "status")).Exit);
        Assert.Equal(0, (await RunAsync("cluster", "show")).Exit);
        Assert.Equal(0, (await RunAsync("nodes", "list")).Exit);
    }

    private async Task<Socket> ConnectAsync()
    {
        var socket = new Socket(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);
        await socket.ConnectAsync(new UnixDomainSocketEndPoint(hub.Folder["admin.sock"]));
        return socket;
    }

    private async Task<(int Exit, List<string> Lines)> RunAsync(params string[] words)
    {
        using var socket = await ConnectAsync();
        await using var stream = new NetworkStream(socket);
        await stream.WriteAsync((byte[])[.. JsonSerializer.SerializeToUtf8Bytes(new { args = words }), (byte)'\n']);
        using var reader = new StreamReader(stream);
        var lines = new List<string>();
        while (await reader.ReadLineAsync() is { } answer)
        {
            using var json = JsonDocument.Parse(answer);
            if (json.RootElement.TryGetProperty("exit", out var exit))
                return (exit.GetInt32(), lines);
            lines.Add(json.RootElement.GetProperty("line").GetString()!);
        }

        throw new IOException("The socket closed without an exit code.");
    }
}

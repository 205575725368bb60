using System.Buffers.Binary;
using System.Net.Sockets;
using System.Text.Json;

namespace Rxelon.Hub.Admin;

/// <summary>
/// The palette's door: a Unix socket in the data directory, mode 0600. On Linux the peer's user is asked of the kernel as well
/// (SO_PEERCRED): the hub's own user and root may enter, and who did what is logged. One request a connection: a line
/// <c>{"args":["nodes","list"]}</c>; answers are lines <c>{"line":"…"}</c> and at last <c>{"exit":0}</c>.
/// </summary>
internal sealed class AdminSocket(string path, AdminPalette palette, ILogger<AdminSocket> log) : BackgroundService
{
    private const int SolSocket = 1;
    private const int SoPeerCred = 17;
    private const int MaxRequest = 64 * 1024;
    private static readonly TimeSpan RequestDeadline = TimeSpan.FromSeconds(60);

    private Socket? _listener;

    internal string Path => path;

    /// <summary>Listens before it returns: whoever is told that the hub is ready may use the door at once.</summary>
    public override Task StartAsync(CancellationToken cancellationToken)
    {
        File.Delete(path);
        _listener = new Socket(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);
        _listener.Bind(new UnixDomainSocketEndPoint(path));
        if (!OperatingSystem.IsWindows())
            File.SetUnixFileMode(path, UnixFileMode.UserRead | UnixFileMode.UserWrite);
        _listener.Listen();
        return base.StartAsync(cancellationToken);
    }

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        using var listener = _listener!;
        try
        {
            while (!stoppingToken.IsCancellationRequested)
                _ = ServeAsync(await listener.AcceptAsync(stoppingToken), stoppingToken);
        }
        catch (OperationCanceledException) when (stoppingToken.IsCancellationRequested)
        {
            log.LogDebug("The admin socket closes");
        }
        finally
        {
            File.Delete(path);
        }
    }

    /// <summary>The peer's user id, or null where the kernel does not tell.</summary>
    private static int? PeerUser(Socket socket)
    {
        if (!OperatingSystem.IsLinux())
            return null;
        Span<byte> credentials = stackalloc byte[12]; // struct ucred { pid_t pid; uid_t uid; gid_t gid; }, unix(7)
        socket.GetRawSocketOption(SolSocket, SoPeerCred, credentials);
        return BitConverter.IsLittleEndian
            ? BinaryPrimitives.ReadInt32LittleEndian(credentials[4..])
            : BinaryPrimitives.ReadInt32BigEndian(credentials[4..]);
    }

    private static int OwnUser() => OperatingSystem.IsLinux()
        ? int.Parse(File.ReadLines("/proc/self/status").First(l => l.StartsWith("Uid:", StringComparison.Ordinal)).Split('\t')[2], System.Globalization.CultureInfo.InvariantCulture)
        : 0;

    private async Task ServeAsync(Socket socket, CancellationToken stopping)
    {
        using var deadline = CancellationTokenSource.CreateLinkedTokenSource(stopping);
        deadline.CancelAfter(RequestDeadline);
        await using var stream = new NetworkStream(socket, ownsSocket: true);
        try
        {
            var user = PeerUser(socket);
            if (user is { } uid && uid != 0 && uid != OwnUser())
            {
                log.LogWarning("Refused the admin socket to user {User}", uid);
                await WriteAsync(stream, new { line = "Only the hub's own user and root may use this door." }, deadline.Token);
                await WriteAsync(stream, new { exit = 1 }, deadline.Token);
                return;
            }

            var words = await ReadRequestAsync(stream, deadline.Token);
            log.LogInformation("Admin {User}: {Command}", user, string.Join(' ', words.Take(2)));
            var output = new Lines();
            var exit = await palette.RunAsync(words, output, deadline.Token);
            foreach (var line in output.Written)
                await WriteAsync(stream, new { line }, deadline.Token);
            await WriteAsync(stream, new { exit }, deadline.Token);
        }
        catch (Exception e) when (e is IOException or JsonException or FormatException)
        {
            log.LogWarning("An admin request was cut or malformed: {Reason}", e.Message);
        }
        catch (Exception e)
        {
            log.LogError(e, "An admin command failed");
            await WriteAsync(stream, new { line = $"The command failed: {e.Message}" }, stopping);
            await WriteAsync(stream, new { exit = 1 }, stopping);
        }
    }

    private static async Task<string[]> ReadRequestAsync(NetworkStream stream, CancellationToken cancel)
    {
        var buffer = new byte[MaxRequest];
        for (var length = 0; length < buffer.Length;)
        {
            var read = await stream.ReadAsync(buffer.AsMemory(length), cancel);
            if (read == 0)
                throw new FormatException("The request has no end.");
            length += read;
            var end = Array.IndexOf(buffer, (byte)'\n', 0, length);
            if (end < 0)
                continue;
            using var json = JsonDocument.Parse(buffer.AsMemory(0, end));
            return [.. json.RootElement.GetProperty("args").EnumerateArray().Select(a => a.GetString() ?? "")];
        }

        throw new FormatException("The request is too long.");
    }

    private static async Task WriteAsync(NetworkStream stream, object value, CancellationToken cancel)
        => await stream.WriteAsync((byte[])[.. JsonSerializer.SerializeToUtf8Bytes(value), (byte)'\n'], cancel);

    private sealed class Lines : IAdminOutput
    {
        internal List<string> Written { get; } = [];

        public void Line(string text) => Written.Add(text);
    }
}

using System.Net.Sockets;
using System.Text.Json;

const string Usage = """
    rxelon-pbm [--data DIR | --socket PATH] module verb -switch value …
    Talks to the hub whose data directory is DIR (or $RXELON_HUB_DATA). 'rxelon-pbm help' lists the commands.
    Exit codes: 0 done, 1 refused, 2 not understood, 4 no hub there.
    """;

var words = args.ToList();
var socketPath = Take("--socket")
    ?? ((Take("--data") ?? Environment.GetEnvironmentVariable("RXELON_HUB_DATA")) is { } data ? Path.Combine(data, "admin.sock") : null);
if (socketPath is null || words is ["--help"] or ["-h"])
{
    await Console.Error.WriteLineAsync(Usage);
    return 2;
}

using var socket = new Socket(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);
try
{
    await socket.ConnectAsync(new UnixDomainSocketEndPoint(socketPath));
}
catch (SocketException e)
{
    await Console.Error.WriteLineAsync($"No hub answers at {socketPath} ({e.SocketErrorCode}). Is it running, and are you its user?");
    return 4;
}

await using var stream = new NetworkStream(socket);
await stream.WriteAsync((byte[])[.. JsonSerializer.SerializeToUtf8Bytes(new { args = words }), (byte)'\n']);
using var reader = new StreamReader(stream);
while (await reader.ReadLineAsync() is { } answer)
{
    using var json = JsonDocument.Parse(answer);
    if (json.RootElement.TryGetProperty("exit", out var exit))
        return exit.GetInt32();
    Console.WriteLine(json.RootElement.GetProperty("line").GetString());
}

await Console.Error.WriteLineAsync("The hub closed the door before it had answered.");
return 4;

string? Take(string option)
{
    var at = words.IndexOf(option);
    if (at < 0 || at + 1 >= words.Count)
        return null;
    var value = words[at + 1];
    words.RemoveRange(at, 2);
    return value;
}

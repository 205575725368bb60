using Rxelon.Cli;

namespace Rxelon.Client.Tests.Fakes;

/// <summary>Runs commands in this process as a user of the fake hub, with a home of their own.</summary>
internal sealed class CliRun(TempFolder folder)
{
    internal Dictionary<string, string> Variables { get; } = new() { ["RXELON_HOME"] = folder["home"] };

    internal byte[] Stdin { get; set; } = [];

    internal string Out { get; private set; } = "";

    internal string Error { get; private set; } = "";

    internal byte[] Stdout { get; private set; } = [];

    internal async Task<int> RunAsync(params string[] args)
    {
        var text = new StringWriter();
        var error = new StringWriter();
        var bytes = new MemoryStream();
        var host = new CliHost
        {
            Out = text,
            Error = error,
            Stdin = () => new MemoryStream(Stdin),
            Stdout = () => new UnclosedStream(bytes),
            Variable = name => Variables.GetValueOrDefault(name),
            Directory = folder.Path,
        };
        var code = await CliApp.RunAsync(args, host);
        Out = text.ToString();
        Error = error.ToString();
        Stdout = bytes.ToArray();
        return code;
    }

    /// <summary>Makes the account of the default profile.</summary>
    internal async Task SignUpAsync(FakeHub hub)
    {
        var code = await RunAsync("account", "create", "--hub", hub.Url, "--name", "ada");
        Assert.True(code == 0, Error);
    }

    private sealed class UnclosedStream(MemoryStream into) : MemoryStream
    {
        public override void Write(byte[] buffer, int offset, int count) => into.Write(buffer, offset, count);

        public override void Write(ReadOnlySpan<byte> buffer) => into.Write(buffer);

        public override Task WriteAsync(byte[] buffer, int offset, int count, CancellationToken cancellationToken) => into.WriteAsync(buffer, offset, count, cancellationToken);

        public override ValueTask WriteAsync(ReadOnlyMemory<byte> buffer, CancellationToken cancellationToken = default) => into.WriteAsync(buffer, cancellationToken);
    }
}

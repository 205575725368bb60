namespace Rxelon.System.Tests.Networks;

/// <summary>A network whose hub keeps large blobs in an S3 store, which is a real server beside it.</summary>
public sealed class BucketNetwork : RunningNetwork
{
    private string[] _hub = [];

    internal S3Server S3 { get; private set; } = null!;

    protected override string[] HubArguments => _hub;

    protected override IReadOnlyList<string> NodeArguments => ["--executors", "wasm", "--slots", "2", "--allow-swap"];

    public override async Task InitializeAsync()
    {
        S3 = await S3Server.StartAsync();
        var credentials = Path.Combine(Network.Directory, "s3.credentials");
        await File.WriteAllTextAsync(credentials, $"aws_access_key_id = {S3Server.Key}\naws_secret_access_key = {S3Server.Key}\n");
        File.SetUnixFileMode(credentials, UnixFileMode.UserRead | UnixFileMode.UserWrite);
        _hub =
        [
            "--set", "Blobs=s3", "--set", $"S3Endpoint={S3.Endpoint}", "--set", $"S3Bucket={S3Server.Bucket}", "--set", $"S3CredentialsFile={credentials}",
        ];
        await base.InitializeAsync();
    }

    public override async Task DisposeAsync()
    {
        await base.DisposeAsync();
        await S3.DisposeAsync();
    }
}

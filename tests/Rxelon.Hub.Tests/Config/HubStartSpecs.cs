using System.Net.Sockets;
using System.Text.Json;
using Microsoft.Extensions.Logging;
using Rxelon.Client.Hub;
using Rxelon.Hub.Config;

namespace Rxelon.Hub.Tests.Config;

/// <summary>Starting, and refusing to.</summary>
public sealed class HubStartSpecs : IDisposable
{
    private readonly DataFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Theory]
    [InlineData("HttpUrl", "http://0.0.0.0:7600", "HttpUrl: plain http")]
    [InlineData("HttpUrl", "http://192.0.2.1:7600", "HttpUrl: plain http")]
    [InlineData("HttpUrl", "https://127.0.0.1:7600", "HttpCertificate:")]
    [InlineData("HttpUrl", "ftp://127.0.0.1", "HttpUrl:")]
    [InlineData("HttpUrl", "http://example.org:80", "HttpUrl:")]
    [InlineData("EdgePort", "70000", "EdgePort:")]
    [InlineData("EdgePublicHost", "0.0.0.0", "EdgePublicHost:")]
    [InlineData("FeePermille", "1001", "FeePermille:")]
    [InlineData("MaxAskPerCoreHour", "1", "MinAskPerCoreHour")]
    [InlineData("LostAfter", "00:00:01", "LostAfter:")]
    [InlineData("DataDirectory", "", "DataDirectory:")]
    public void A_wrong_value_is_refused_by_the_name_of_its_key(string key, string value, string finding)
    {
        var given = new Dictionary<string, string?> { ["DataDirectory"] = _folder.Path, [key] = value };
        var found = HubSettings.Read(null, given).Findings;
        Assert.Contains(found, f => f.StartsWith("Hub:" + finding, StringComparison.Ordinal));
    }

    [Fact]
    public void The_defaults_are_fine() => Assert.Empty(HubSettings.Read(null, new Dictionary<string, string?> { ["DataDirectory"] = _folder.Path }).Findings);

    [Fact]
    public void A_key_that_is_none_or_of_another_type_is_named()
    {
        Assert.Contains("Colour", Unreadable("Colour", "red").Message, StringComparison.Ordinal);
        Assert.Contains("QuotaBytes", Unreadable("QuotaBytes", "many").Message, StringComparison.Ordinal);
    }

    [Fact]
    public void A_file_sets_what_the_command_line_does_not()
    {
        var file = _folder["hub-settings.json"];
        File.WriteAllText(file, """{ "Hub": { "Network": "from-file", "QuotaBytes": 5 } }""");
        var (options, findings) = HubSettings.Read(file, new Dictionary<string, string?> { ["Network"] = "given", ["DataDirectory"] = _folder.Path });
        Assert.Empty(findings);
        Assert.Equal(("given", 5), (options.Network, options.QuotaBytes));
    }

    [Fact]
    public async Task One_data_directory_has_one_hub_and_a_stopped_one_leaves_no_ready_file()
    {
        var options = Options();
        var hub = HubHost.Build(options, null, Quiet);
        await hub.StartAsync(default);
        Assert.Equal(UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute, File.GetUnixFileMode(_folder.Path));
        var ready = JsonDocument.Parse(File.ReadAllBytes(_folder["hub.json"])).RootElement;
        Assert.Equal(Environment.ProcessId, ready.GetProperty("pid").GetInt32());
        Assert.Equal(hub.Addresses.HttpUrl, ready.GetProperty("httpUrl").GetString());
        Assert.Equal(hub.Addresses.EdgePort, ready.GetProperty("edgePort").GetInt32());
        using (var edge = new TcpClient())
            await edge.ConnectAsync("127.0.0.1", hub.Addresses.EdgePort);
        var second = Assert.Throws<InvalidDataException>(() => HubHost.Build(Options(), null, Quiet));
        Assert.Contains("Another hub uses", second.Message, StringComparison.Ordinal);
        await hub.StopAsync();
        await hub.DisposeAsync();
        Assert.False(File.Exists(_folder["hub.json"]));
        Assert.False(File.Exists(_folder["admin.sock"]));
    }

    [Fact]
    public void A_wrong_master_key_stops_the_start_with_a_sentence()
    {
        var refused = Assert.Throws<InvalidDataException>(() => HubHost.Build(Options(), "not a key", Quiet));
        Assert.Contains("RXELON_VAULT_KEY", refused.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Https_with_the_networks_own_authority_is_believed_by_who_pins_it()
    {
        var options = Options();
        options.HttpUrl = "https://127.0.0.1:0";
        options.HttpCertificate = "ca";
        await using var hub = HubHost.Build(options, null, Quiet);
        await hub.StartAsync(default);
        using var client = new HubClient(HubAddress.Parse($"{hub.Addresses.HttpUrl}#{hub.Fingerprint}").Value, null, TimeProvider.System);
        Assert.Equal(hub.Fingerprint, (await client.InfoAsync()).Value.CaFingerprint);
        using var stranger = new HubClient(HubAddress.Parse($"{hub.Addresses.HttpUrl}#{new string('a', 64)}").Value, null, TimeProvider.System);
        Assert.False((await stranger.InfoAsync()).IsOk);
        await hub.StopAsync();
    }

    private static void Quiet(ILoggingBuilder logging) => logging.SetMinimumLevel(LogLevel.Critical);

    private HubOptions Options() => new() { DataDirectory = _folder.Path, HttpUrl = "http://127.0.0.1:0", EdgePort = 0 };

    private InvalidDataException Unreadable(string key, string value)
        => Assert.Throws<InvalidDataException>(
            () => HubSettings.Read(null, new Dictionary<string, string?> { ["DataDirectory"] = _folder.Path, [key] = value }));
}

using System.Text;
using Rxelon.Node.Config;
using Rxelon.Node.Executors.Docker;
using Rxelon.Node.Executors.Wasm;
using Rxelon.Node.Integrity;
using Rxelon.Shared.Integrity;
using Rxelon.Shared.Workloads;

namespace Rxelon.Node.Tests.Integrity;

public sealed class MeasurerSpecs : IDisposable
{
    private readonly string _folder = Directory.CreateTempSubdirectory("rxelon-client-").FullName;

    public MeasurerSpecs()
    {
        Directory.CreateDirectory(Path.Combine(_folder, "sub"));
        File.WriteAllText(Path.Combine(_folder, "a.dll"), "a");
        File.WriteAllText(Path.Combine(_folder, "sub", "b.so"), "b");
    }

    [Fact]
    public async Task One_changed_byte_one_more_file_or_another_name_changes_the_application_and_nothing_else()
    {
        var before = await MeasureAsync();
        File.WriteAllText(Path.Combine(_folder, "a.dll"), "A");
        var changed = await MeasureAsync();
        File.WriteAllText(Path.Combine(_folder, "a.dll"), "a");
        Assert.Equal(Hex(before), Hex(await MeasureAsync()));
        File.WriteAllText(Path.Combine(_folder, "extra.txt"), "");
        var more = await MeasureAsync();
        File.Delete(Path.Combine(_folder, "extra.txt"));
        File.Move(Path.Combine(_folder, "sub", "b.so"), Path.Combine(_folder, "b.so"));
        var moved = await MeasureAsync();

        Assert.Equal(4, new[] { before, changed, more, moved }.Select(Hex).Distinct().Count());
        Assert.All([changed, more, moved], m => Assert.Equal(before.Skip(1).Select(g => Convert.ToHexString(g.Digest)), m.Skip(1).Select(g => Convert.ToHexString(g.Digest))));
        Assert.Equal(MeasureGroups.All, before.Select(g => g.Group));
    }

    [Fact]
    public async Task A_challenge_reads_a_file_whose_time_was_put_back_and_a_handshake_need_not()
    {
        var measurer = new Measurer(_folder, Options, [], TimeProvider.System);
        var file = Path.Combine(_folder, "a.dll");
        var before = await measurer.MeasureAsync(again: false, CancellationToken.None);
        var written = File.GetLastWriteTimeUtc(file);
        File.WriteAllText(file, "X");
        File.SetLastWriteTimeUtc(file, written);
        Assert.Equal(Hex(before), Hex(await measurer.MeasureAsync(again: false, CancellationToken.None)));
        Assert.NotEqual(Hex(before), Hex(await measurer.MeasureAsync(again: true, CancellationToken.None)));
    }

    [Fact]
    public void Options_at_their_defaults_are_nothing_and_the_order_of_labels_and_kinds_does_not_matter()
    {
        Assert.Equal("", Text(Options));
        Assert.Equal("", Text(Options with { StateDirectory = "/elsewhere", AnnounceChanges = true }));
        var one = Options with
        {
            Labels = new Dictionary<string, string> { ["a"] = "1", ["b"] = "2" },
            Executors = new HashSet<WorkloadKind> { WorkloadKind.Mock, WorkloadKind.Wasm },
        };
        var other = Options with
        {
            Labels = new Dictionary<string, string> { ["b"] = "2", ["a"] = "1" },
            Executors = new HashSet<WorkloadKind> { WorkloadKind.Wasm, WorkloadKind.Mock },
        };
        Assert.Equal(Text(one), Text(other));
        Assert.StartsWith("Executors=", Text(one), StringComparison.Ordinal);
    }

    [Fact]
    public void Every_option_that_a_node_is_started_with_is_measured()
    {
        NodeOptions[] changed =
        [
            Options with { Slots = 3 }, Options with { Cpus = 1.5 }, Options with { Memory = 1L << 30 }, Options with { Ask = new(5) },
            Options with { Region = "eu" }, Options with { AllowSwap = true }, Options with { Docker = new Uri("unix:///other.sock") },
            Options with { Labels = new Dictionary<string, string> { ["a"] = "b" } }, Options with { Executors = new HashSet<WorkloadKind>() },
            Options with { Qemu = "/opt/qemu" }, Options with { VmImages = "/images" }, Options with { Exo = new Uri("http://127.0.0.1:52415") },
            Options with { ExoStall = TimeSpan.FromSeconds(5) }, Containers(c => c with { TakesImages = true }), Containers(c => c with { ImageBudget = 1 }),
            Containers(c => c with { Registries = ["registry.example"] }), Containers(c => c with { Egress = c.Egress with { Agreed = ["any"] } }),
        ];
        Assert.Equal(changed.Length + 1, changed.Append(Options).Select(Text).Distinct().Count());
    }

    [Fact]
    public void An_operator_is_told_which_options_are_not_those_of_the_last_session()
    {
        var other = Options with
        {
            Region = "eu",
            AllowSwap = true,
            Labels = new Dictionary<string, string> { ["a"] = "b" },
            Executors = new HashSet<WorkloadKind> { WorkloadKind.Mock },
        };
        Assert.Equal("--allow-swap, --executors or --mock, --label, --region", Last(Options).Changed(Last(other)));
        Assert.Equal("--allow-swap, --executors or --mock, --label, --region", Last(other).Changed(Last(Options)));
        Assert.Equal("--region", Last(other).Changed(Last(other with { Region = "us" })));
        Assert.Equal("", Last(other).Changed(Last(other)));

        static LastMeasured Last(NodeOptions options) => new("", "", "1.0", Text(options));
    }

    [Fact]
    public async Task The_wasm_library_that_was_loaded_is_measured()
    {
        using var state = new TestState();
        await using var wasm = new WasmExecutor(state.Space, 1, TimeProvider.System);
        var (name, digest) = Assert.Single(await wasm.MeasureAsync(CancellationToken.None));
        Assert.Contains("wasmtime", name, StringComparison.Ordinal);
        Assert.Equal(32, digest.Length);
    }

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    private static NodeOptions Containers(Func<DockerTerms, DockerTerms> change) => Options with { Containers = change(Options.Containers) };

    private static NodeOptions Options { get; } = new() { StateDirectory = "/" };

    private static string Text(NodeOptions options) => Encoding.UTF8.GetString(ConfigurationBytes.Of(options));

    private static string Hex(IReadOnlyList<GroupDigest> groups) => Convert.ToHexString(groups[0].Digest);

    private Task<IReadOnlyList<GroupDigest>> MeasureAsync()
        => new Measurer(_folder, Options, [], TimeProvider.System).MeasureAsync(again: true, CancellationToken.None);
}

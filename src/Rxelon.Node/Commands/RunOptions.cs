using System.CommandLine;
using Rxelon.Node.Config;
using Rxelon.Node.Executors.Docker;
using Rxelon.Node.Executors.Egress;
using Rxelon.Shared.Values;
using Rxelon.Shared.Workloads;

namespace Rxelon.Node.Commands;

/// <summary>The options of <c>run</c> and <c>check</c>.</summary>
internal sealed class RunOptions
{
    private readonly Option<string> _state = State();
    private readonly Option<int?> _slots = new("--slots") { Description = "Attempts at the same time (default: one per core)" };
    private readonly Option<double?> _cpus = new("--cpus") { Description = "Cores to offer (default: all)" };
    private readonly Option<string?> _memory = new("--memory") { Description = "Memory to offer, such as 8GiB (default: half)" };
    private readonly Option<string> _ask = new("--ask") { Description = "Tokens per core-hour", DefaultValueFactory = _ => "0.1" };
    private readonly Option<string> _region = new("--region")
    {
        Description = "Where this machine stands, such as eu",
        DefaultValueFactory = _ => "",
    };
    private readonly Option<string[]> _labels = new("--label") { Description = "name=value that tasks can ask for; repeatable" };
    private readonly Option<string> _docker = new("--docker")
    {
        Description = "The container engine's socket",
        DefaultValueFactory = _ => "unix:///var/run/docker.sock",
    };
    private readonly Option<string> _qemu = new("--qemu")
    {
        Description = "The program that runs virtual machines",
        DefaultValueFactory = _ => "qemu-system-x86_64",
    };
    private readonly Option<string?> _vmImages = VmImages();
    private readonly Option<string?> _exo = new("--exo") { Description = "Offer the models of an EXO cluster: any member, such as http://127.0.0.1:52415" };
    private readonly Option<int> _exoStall = new("--exo-stall")
    {
        Description = "Seconds without a token after which an answer counts as dead",
        DefaultValueFactory = _ => 60,
    };
    private readonly Option<string[]> _registries = new("--image-registry")
    {
        Description = "HOST[:PORT] or HOST[:PORT]/PREFIX that images are pulled from, by digest; repeatable (default: nothing is pulled)",
    };
    private readonly Option<string[]> _preload = new("--preload") { Description = "REPOSITORY@sha256:… to pull at the start and keep; repeatable" };
    private readonly Option<string> _imageBudget = new("--image-budget")
    {
        Description = "Disk for pulled images; the least recently used go first. Your own images are not counted and not removed",
        DefaultValueFactory = _ => "10GiB",
    };
    private readonly Option<string[]> _networks = new("--allow-network")
    {
        Description = "Where containers may connect to, through this node, if their task asks for it: any, HOST, HOST:PORT, *.HOST; repeatable (default: nowhere)",
    };
    private readonly Option<bool> _takeImages = new("--take-images")
    {
        Description = "Also run images that come encrypted with a task; the engine keeps them on its disk until the task leaves",
    };
    private readonly Option<bool> _allowSwap = new("--allow-swap") { Description = "Run although users' plaintext could be swapped to a disk" };
    private readonly Option<bool> _announce = new("--announce-changes")
    {
        Description = "Tell the hub that the options were changed on purpose; without it a change isolates the node",
    };
    private readonly Option<bool> _mock = new("--mock") { Description = "Also accept mock tasks, which compute nothing (tests)" };
    private readonly Option<string> _executors = new("--executors")
    {
        Description = "What to run: wasm, docker, vm",
        DefaultValueFactory = _ => "wasm,docker,vm",
    };

    internal static Option<string> State() => new("--state")
    {
        Description = "The node's directory",
        DefaultValueFactory = _ => DefaultState,
    };

    internal static string DefaultState { get; } = Path.Combine(Environment.GetFolderPath(Environment.SpecialFolder.LocalApplicationData), "rxelon-node");

    internal static Option<string?> VmImages() => new("--vm-images") { Description = "The folder of virtual machine images (default: in the node's directory)" };

    internal void AddTo(Command command)
    {
        foreach (var option in (Option[])[_state, _slots, _cpus, _memory, _ask, _region, _labels, _announce])
            command.Add(option);
        AddSandboxOptionsTo(command);
    }

    internal void AddSandboxOptionsTo(Command command)
    {
        foreach (var option in (Option[])[_docker, _registries, _preload, _imageBudget, _takeImages, _networks, _qemu, _vmImages, _exo, _exoStall, _allowSwap, _mock, _executors])
            command.Add(option);
    }

    /// <summary>The options, or null after saying what is wrong with them.</summary>
    internal NodeOptions? Read(ParseResult parsed, TextWriter errors)
    {
        List<string> wrong = [];
        var options = new NodeOptions
        {
            StateDirectory = Path.GetFullPath(parsed.GetValue(_state) ?? "."),
            Slots = parsed.GetValue(_slots),
            Cpus = parsed.GetValue(_cpus),
            Memory = Size("--memory", parsed.GetValue(_memory)),
            Ask = Ask(parsed.GetValue(_ask)),
            Region = parsed.GetValue(_region) ?? "",
            Labels = Labels(parsed.GetValue(_labels) ?? []),
            Docker = Docker(parsed.GetValue(_docker)),
            Containers = Containers(),
            Qemu = parsed.GetValue(_qemu) ?? "",
            VmImages = parsed.GetValue(_vmImages) is { } images ? Path.GetFullPath(images) : null,
            Exo = Exo(parsed.GetValue(_exo)),
            ExoStall = TimeSpan.FromSeconds(parsed.GetValue(_exoStall)),
            AllowSwap = parsed.GetValue(_allowSwap),
            AnnounceChanges = parsed.GetValue(_announce),
            Executors = Kinds(parsed.GetValue(_executors) ?? "", parsed.GetValue(_mock), parsed.GetValue(_exo) is not null),
        };
        foreach (var error in wrong.Concat(wrong.Count == 0 ? options.Validate() : []))
            errors.WriteLine(error);
        return wrong.Count == 0 && options.Validate().Count == 0 ? options : null;

        long? Size(string option, string? text)
        {
            if (text is null)
                return null;
            if (!ByteSize.TryParse(text, out var bytes))
                wrong.Add($"{option}: '{text}' is not a size such as 8GiB.");
            return bytes;
        }

        DockerTerms Containers()
        {
            var preload = new List<ImageReference>();
            foreach (var text in parsed.GetValue(_preload) ?? [])
            {
                if (ImageReference.Parse(text) is { Repository: not null } image)
                    preload.Add(image);
                else
                    wrong.Add($"--preload: '{text}' is not REPOSITORY@sha256:….");
            }

            return new DockerTerms
            {
                Registries = parsed.GetValue(_registries) ?? [],
                Preload = preload,
                ImageBudget = Size("--image-budget", parsed.GetValue(_imageBudget)) ?? new DockerTerms().ImageBudget,
                TakesImages = parsed.GetValue(_takeImages),
                Egress = new EgressTerms { Agreed = parsed.GetValue(_networks) ?? [] },
            };
        }

        Tokens Ask(string? text)
        {
            if (text is null)
                return new Tokens(1);
            if (!Tokens.TryParse(text, out var ask))
                wrong.Add($"--ask: '{text}' is not a number of tokens such as 0.5.");
            return ask;
        }

        Uri Docker(string? text)
        {
            if (Uri.TryCreate(text, UriKind.Absolute, out var uri))
                return uri;
            wrong.Add($"--docker: '{text}' is not an address such as unix:///var/run/docker.sock.");
            return new Uri("unix:///");
        }

        Uri? Exo(string? text)
        {
            if (text is null || Uri.TryCreate(text, UriKind.Absolute, out _))
                return text is null ? null : new Uri(text);
            wrong.Add($"--exo: '{text}' is not an address such as http://127.0.0.1:52415.");
            return null;
        }

        Dictionary<string, string> Labels(string[] texts)
        {
            var labels = new Dictionary<string, string>();
            foreach (var text in texts)
            {
                var equals = text.IndexOf('=', StringComparison.Ordinal);
                if (equals <= 0)
                    wrong.Add($"--label: '{text}' is not name=value.");
                else
                    labels[text[..equals]] = text[(equals + 1)..];
            }

            return labels;
        }

        HashSet<WorkloadKind> Kinds(string text, bool mock, bool model)
        {
            var kinds = new HashSet<WorkloadKind>();
            foreach (var name in text.Split(',', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries))
            {
                switch (name)
                {
                    case "wasm":
                        kinds.Add(WorkloadKind.Wasm);
                        break;
                    case "docker":
                        kinds.Add(WorkloadKind.Docker);
                        break;
                    case "vm":
                        kinds.Add(WorkloadKind.Vm);
                        break;
                    default:
                        wrong.Add($"--executors: there is no '{name}'; there are wasm, docker and vm.");
                        break;
                }
            }

            if (mock)
                kinds.Add(WorkloadKind.Mock);
            if (model)
                kinds.Add(WorkloadKind.Model);
            return kinds;
        }
    }
}

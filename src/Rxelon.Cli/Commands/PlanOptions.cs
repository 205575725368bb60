using System.CommandLine;
using System.Globalization;
using Rxelon.Client.Specs;
using Rxelon.Shared.Crypto;
using Rxelon.Shared.Values;
using Rxelon.Shared.Workloads;

namespace Rxelon.Cli.Commands;

/// <summary>The options of <c>run</c>, each a field of a task file.</summary>
internal sealed class PlanOptions
{
    private readonly Option<string?> _name = new("--name") { Description = "A label for people; the hub sees it." };
    private readonly Option<string[]> _input = new("--input", "-i") { Description = "A file, folder, glob, or - for standard input. May be repeated.", AllowMultipleArgumentsPerToken = false };
    private readonly Option<SplitPlan?> _split = new("--split") { Description = "lines:N, records:N (or records:N:csv, records:N:jsonl), bytes:SIZE, files:N, count:N or none.", CustomParser = r => ParseSplit(r) };
    private readonly Option<MergeMode> _merge = new("--merge") { Description = "concat: one tree; csv, jsonl: the same, standard outputs joined by record; none: a folder per part.", DefaultValueFactory = _ => MergeMode.Concat };
    private readonly Option<Dictionary<string, string>?> _env = new("--env", "-e") { Description = "NAME=VALUE for the program; encrypted. May be repeated.", CustomParser = ParseEnv, AllowMultipleArgumentsPerToken = false };
    private readonly Option<string[]> _secret = new("--secret") { Description = "Name of an environment variable of yours that the program gets, encrypted.", AllowMultipleArgumentsPerToken = false };
    private readonly Option<int> _cpu = Quantity<int>("--cpu", "Cores, such as 0.5. Default 1.", Quantities.TryCpuMillis);
    private readonly Option<long> _memory = Quantity<long>("--memory", "Memory, such as 64MiB. Default 256MiB.", Quantities.TryBytes);
    private readonly Option<long> _disk = Quantity<long>("--disk", "Scratch space, such as 64MiB. Default 1GiB.", Quantities.TryBytes);
    private readonly Option<GpuRequest?> _gpu = new("--gpu") { Description = "Docker: GPUs per part, COUNT[:VENDOR[:MEMORY]], such as 1:nvidia:8GiB.", CustomParser = ParseGpu };
    private readonly Option<string[]> _network = new("--network") { Description = "Docker: HOST:PORT that the program may connect to, by proxy. May be repeated.", AllowMultipleArgumentsPerToken = false };
    private readonly Option<long> _time = Quantity<long>("--time", "Time per attempt, such as 5m. Default 60s.", Quantities.TrySeconds);
    private readonly Option<long> _output = Quantity<long>("--output-limit", "Output per part, such as 10MiB. Default 100MiB.", Quantities.TryBytes);
    private readonly Option<long> _deadline = Quantity<long>("--deadline", "From now until it must have ended, such as 2h.", Quantities.TrySeconds);
    private readonly Option<int> _retries = new("--retries") { Description = "Attempts after the first.", DefaultValueFactory = _ => new Limits().Retries };
    private readonly Option<int> _parallel = new("--parallel") { Description = "Most parts at once; 0: as many as fit." };
    private readonly Option<bool> _sticky = new("--sticky") { Description = "Keep all parts on one node." };
    private readonly Option<bool> _speculate = new("--speculate") { Description = "Run a part that takes far longer than the others once more, on another node." };
    private readonly Option<bool> _rotate = new("--rotate") { Description = "A part's keys go only after the result of the part before it was accepted." };
    private readonly Option<Custody> _custody = new("--custody")
    {
        Description = "Who holds the task's key: managed (the hub's vault) or sealed (this command, which must stay running). attested is not available.",
        DefaultValueFactory = _ => Custody.Managed,
    };
    private readonly Option<string> _cipher = new("--cipher") { Description = "How parts are encrypted.", DefaultValueFactory = _ => new Privacy().Cipher };
    private readonly Option<string[]> _region = new("--region") { Description = "Only nodes of this region. May be repeated.", AllowMultipleArgumentsPerToken = false };
    private readonly Option<Tier> _tier = new("--tier") { Description = "economy, standard or priority.", DefaultValueFactory = _ => Tier.Standard };
    private readonly Option<Tokens> _max = new("--max") { Description = "The most it may cost, in tokens; otherwise the quote.", CustomParser = ParseTokens };

    private readonly Option<VerifySpec?> _verify = new("--verify") { Description = "How results are checked: none, spot:RATE, quorum, quorum:AGREE/OF or adaptive.", CustomParser = ParseVerify };
    private readonly Option<decimal?> _tolerance = new("--tolerance")
    {
        Description = "With --verify: numbers this close are equal, such as 1e-9; results that differ are compared by this command, or by another operator's node.",
        CustomParser = ParseTolerance,
    };

    internal PlanOptions() => _cipher.AcceptOnlyFromAmong([.. CipherSuites.All.Select(CipherSuites.Name)]);

    internal void AddTo(Command command)
    {
        foreach (var option in (Option[])[_name, _input, _split, _merge, _env, _secret, _cpu, _memory, _disk, _gpu, _network, _time, _output, _deadline, _retries, _speculate, _parallel, _sticky, _rotate, _custody, _cipher, _region, _tier, _max, _verify, _tolerance])
            command.Options.Add(option);
        command.Validators.Add(parsed =>
        {
            if (parsed.GetValue(_tolerance) is not null && parsed.GetValue(_verify) is null)
                parsed.AddError("--tolerance needs --verify, such as --verify quorum.");
        });
    }

    internal TaskPlan Read(ParseResult parsed, WorkloadKind kind, string? image, ProgramPlan program, string defaultName, string directory, string? repository = null) => new()
    {
        BaseDirectory = directory,
        Inputs = parsed.GetValue(_input) ?? [],
        Split = parsed.GetValue(_split) ?? SplitPlan.None,
        Merge = parsed.GetValue(_merge),
        Program = program with { Env = parsed.GetValue(_env) ?? [], Secrets = parsed.GetValue(_secret) ?? [] },
        Spec = new TaskSpec
        {
            Name = parsed.GetValue(_name) ?? defaultName,
            Kind = kind,
            Image = image,
            Repository = repository,
            Gpu = parsed.GetValue(_gpu),
            Network = parsed.GetValue(_network) is { Length: > 0 } destinations ? new NetworkRequest(destinations) : null,
            Resources = ReadResources(parsed),
            Limits = new Limits
            {
                TimeSeconds = (int)Math.Min(int.MaxValue, Or(parsed.GetValue(_time), new Limits().TimeSeconds)),
                OutputBytes = Or(parsed.GetValue(_output), new Limits().OutputBytes),
                Retries = parsed.GetValue(_retries),
                DeadlineSeconds = parsed.GetValue(_deadline),
                Speculate = parsed.GetValue(_speculate),
            },
            Placement = new Placement { Regions = parsed.GetValue(_region) ?? [] },
            Privacy = new Privacy
            {
                Parallel = parsed.GetValue(_parallel),
                Sticky = parsed.GetValue(_sticky),
                Rotate = parsed.GetValue(_rotate),
                Custody = parsed.GetValue(_custody),
                Cipher = parsed.GetValue(_cipher)!,
            },
            Budget = new Budget { Max = parsed.GetValue(_max), Tier = parsed.GetValue(_tier) },
            Verify = ReadVerify(parsed),
        },
    };

    internal delegate bool Parser<T>(string text, out T value);

    /// <summary>An amount with a unit; zero when it is not given.</summary>
    internal static Option<T> Quantity<T>(string name, string description, Parser<T> parse)
        where T : struct => new(name)
        {
            Description = description,
            CustomParser = result =>
            {
                if (parse(result.Tokens[0].Value, out var value))
                    return value;
                result.AddError($"'{result.Tokens[0].Value}' is not a value for {name}. {description}");
                return default;
            },
        };

    internal static Tokens ParseTokens(System.CommandLine.Parsing.ArgumentResult result)
    {
        if (Tokens.TryParse(result.Tokens[0].Value, out var amount))
            return amount;
        result.AddError($"'{result.Tokens[0].Value}' is not an amount of tokens such as 2.5.");
        return default;
    }

    private static VerifySpec? ParseVerify(System.CommandLine.Parsing.ArgumentResult result)
    {
        var terms = VerifyText.Parse(result.Tokens[0].Value);
        if (terms.Fault is { } fault)
            result.AddError(fault.Message);
        return terms.IsOk && terms.Value.Policy != VerifyPolicy.None ? terms.Value : null;
    }

    private VerifySpec? ReadVerify(ParseResult parsed)
        => parsed.GetValue(_verify) is { } terms ? terms with { Tolerance = parsed.GetValue(_tolerance) } : null;

    private static decimal? ParseTolerance(System.CommandLine.Parsing.ArgumentResult result)
    {
        if (!VerifyText.TryTolerance(result.Tokens[0].Value, out var tolerance))
            result.AddError($"'{result.Tokens[0].Value}' is not a number from 1e-15 and below 1, such as 1e-9.");
        return tolerance;
    }

    private static long Or(long given, long standard) => given > 0 ? given : standard;

    private Resources ReadResources(ParseResult parsed)
    {
        var standard = Resources.Default;
        return new Resources(
            (int)Or(parsed.GetValue(_cpu), standard.CpuMillis), Or(parsed.GetValue(_memory), standard.Memory), Or(parsed.GetValue(_disk), standard.Disk));
    }

    private static GpuRequest? ParseGpu(System.CommandLine.Parsing.ArgumentResult result)
    {
        var parts = result.Tokens[0].Value.Split(':');
        var vendor = GpuVendor.Any;
        long memory = 0;
        if (parts.Length <= 3 && int.TryParse(parts[0], NumberStyles.None, CultureInfo.InvariantCulture, out var count) && count is > 0 and <= GpuRequest.Most
            && (parts.Length < 2 || (Enum.TryParse(parts[1], ignoreCase: true, out vendor) && char.IsAsciiLetter(parts[1][0])))
            && (parts.Length < 3 || Quantities.TryBytes(parts[2], out memory)))
            return new GpuRequest(count, vendor, memory);
        result.AddError($"'{result.Tokens[0].Value}' is not COUNT[:VENDOR[:MEMORY]] such as 1:nvidia:8GiB; vendors are any, nvidia, amd, intel.");
        return null;
    }

    private static SplitPlan ParseSplit(System.CommandLine.Parsing.ArgumentResult result)
    {
        var text = result.Tokens[0].Value;
        if (text == "none")
            return SplitPlan.None;
        var colon = text.IndexOf(':', StringComparison.Ordinal);
        var size = colon < 0 ? "1" : text[(colon + 1)..];
        RecordFormat? format = null;
        if (text.StartsWith("records:", StringComparison.Ordinal) && size.Split(':') is [var number, var word]
            && Enum.TryParse<RecordFormat>(word, ignoreCase: true, out var named) && !char.IsAsciiDigit(word[0]))
            (size, format) = (number, named);
        if (Enum.TryParse<SplitBy>(colon < 0 ? text : text[..colon], ignoreCase: true, out var by) && !char.IsAsciiDigit(text[0])
            && (colon >= 0 || by == SplitBy.Files)
            && (by == SplitBy.Bytes ? Quantities.TryBytes(size, out var n) : long.TryParse(size, NumberStyles.None, CultureInfo.InvariantCulture, out n)) && n > 0)
            return new SplitPlan(by, n) { Format = format };
        result.AddError($"'{text}' is not lines:N, records:N[:csv|jsonl], bytes:SIZE, files:N, count:N or none.");
        return SplitPlan.None;
    }

    private static Dictionary<string, string> ParseEnv(System.CommandLine.Parsing.ArgumentResult result)
    {
        var env = new Dictionary<string, string>();
        foreach (var token in result.Tokens)
        {
            var equals = token.Value.IndexOf('=', StringComparison.Ordinal);
            if (equals > 0)
                env[token.Value[..equals]] = token.Value[(equals + 1)..];
            else
                result.AddError($"'{token.Value}' is not NAME=VALUE.");
        }

        return env;
    }
}

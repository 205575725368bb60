using Rxelon.Client.Specs;
using Rxelon.Client.Tests.Fakes;
using Rxelon.Shared.Values;
using Rxelon.Shared.Workloads;

namespace Rxelon.Client.Tests.Specs;

public sealed class TaskFileSpecs
{
    [Fact]
    public void A_full_file_becomes_a_plan()
    {
        var plan = Read("""
            name: tiles
            run:
              wasm: { module: ./tracer.wasm, args: ["--tile", "{part}"] }
            env: { QUALITY: high, EMPTY: "" }
            secrets: [API_KEY]
            input: [ ./scene.txt, ./textures/ ]
            split: { by: bytes, size: 1.5MiB }
            merge: none
            resources: { cpu: 0.5, memory: 64MiB, disk: 2GB, gpu: { count: 0 } }
            """.Replace(", gpu: { count: 0 }", "", StringComparison.Ordinal) + "\n" + """
            limits: { time: 5m, output: 1MiB, retries: 0, deadline: 2h }
            network: none
            placement: { regions: [eu], labels: { disk: fast }, own: false }
            privacy: { custody: managed, cipher: chacha20-poly1305, rotate: false, parallel: 8, sticky: true }
            verify: { policy: none }
            budget: { max: 2.5, tier: priority, model: metered }
            retain: { results: 7d, logs: 1d }
            """);
        Assert.Equal("tiles", plan.Spec.Name);
        Assert.Equal(WorkloadKind.Wasm, plan.Spec.Kind);
        Assert.Equal(("./tracer.wasm", "{part}"), (plan.Program.ModulePath, plan.Program.Args[1]));
        Assert.Equal(("high", ""), (plan.Program.Env["QUALITY"], plan.Program.Env["EMPTY"]));
        Assert.Equal(["API_KEY"], plan.Program.Secrets);
        Assert.Equal(new SplitPlan(SplitBy.Bytes, 1536 * 1024), plan.Split);
        Assert.Equal(MergeMode.None, plan.Merge);
        Assert.Equal(new Resources(500, 64 << 20, 2_000_000_000), plan.Spec.Resources);
        Assert.Equal(new Limits { TimeSeconds = 300, OutputBytes = 1 << 20, Retries = 0, DeadlineSeconds = 7200 }, plan.Spec.Limits);
        Assert.Equal(("chacha20-poly1305", 8, true), (plan.Spec.Privacy.Cipher, plan.Spec.Privacy.Parallel, plan.Spec.Privacy.Sticky));
        Assert.Equal((new Tokens(2_500_000), Tier.Priority), (plan.Spec.Budget.Max, plan.Spec.Budget.Tier));
        Assert.Equal((7 * 86_400, 86_400), (plan.Spec.Retain.ResultsSeconds, plan.Spec.Retain.LogsSeconds));
        Assert.Equal("fast", plan.Spec.Placement.Labels["disk"]);
    }

    [Theory]
    [InlineData("input: [ ./data/*.csv ]\nsplit: { by: records, size: 5 }\nmerge: records", null, true, MergeMode.Csv)]
    [InlineData("input: [ a.jsonl ]\nsplit: { by: records, size: 5 }\nmerge: records", null, true, MergeMode.Jsonl)]
    [InlineData("input: [ '-' ]\nsplit: { by: records, size: 5, format: csv, header: false }\nmerge: jsonl", RecordFormat.Csv, false, MergeMode.Jsonl)]
    public void Records_are_read_as_the_format_or_the_names_say(string rest, RecordFormat? format, bool header, MergeMode merge)
    {
        var plan = Read($"run: {{ wasm: {{ module: a.wasm }} }}\n{rest}");
        Assert.Equal((SplitBy.Records, 5, format, header), (plan.Split.By, plan.Split.Size, plan.Split.Format, plan.Split.Header));
        Assert.Equal(merge, plan.Merge);
    }

    [Theory]
    [InlineData("verify: adaptive", "adaptive", VerifyPolicy.Adaptive, 0, 0, 0)]
    [InlineData("verify: { policy: quorum }", "quorum", VerifyPolicy.Quorum, 0, 2, 3)]
    [InlineData("verify: { policy: quorum, of: 5, agree: 4, compare: bytes }", "quorum:4/5", VerifyPolicy.Quorum, 0, 4, 5)]
    [InlineData("verify: { policy: spot, rate: 0.1 }", "spot:0.1", VerifyPolicy.Spot, 100_000, 0, 0)]
    [InlineData("verify: { policy: spot, rate: 0.000001 }", "spot:0.000001", VerifyPolicy.Spot, 1, 0, 0)]
    public void How_results_are_checked_is_said_in_the_file_or_in_one_word(string yaml, string word, VerifyPolicy policy, int rate, int agree, int of)
    {
        var expected = new VerifySpec { Policy = policy, RateMillionths = rate, Agree = agree, Of = of };
        Assert.Equal(expected, Read($"run: {{ wasm: {{ module: a.wasm }} }}\n{yaml}").Spec.Verify);
        Assert.Equal(expected, VerifyText.Parse(word).Value);
    }

    [Theory]
    [InlineData("verify: { policy: quorum, of: 6 }", "verify.policy")]
    [InlineData("verify: { policy: quorum, of: 3, agree: 1 }", "verify.policy")]
    [InlineData("verify: { policy: canary }", "verify.expected")]
    [InlineData("verify: { policy: canary, expected: { first: x } }", "verify.expected.first")]
    [InlineData("verify: { policy: spot }", "verify.rate")]
    [InlineData("verify: { policy: spot, rate: 1.5 }", "verify.rate")]
    [InlineData("verify: { policy: spot, rate: 0.0000001 }", "verify.rate")]
    [InlineData("verify: { rate: 1 }", "verify.policy")]
    [InlineData("verify: { policy: quorum }\nprivacy: { sticky: true }", "verify")]
    [InlineData("verify: { policy: adaptive, compare: numeric }", "verify.tolerance")]
    [InlineData("verify: { policy: adaptive, compare: numeric, tolerance: 1 }", "verify.tolerance")]
    [InlineData("verify: { policy: adaptive, compare: numeric, tolerance: -0.1 }", "verify.tolerance")]
    [InlineData("verify: { policy: adaptive, compare: bytes, tolerance: 0.1 }", "verify.tolerance")]
    [InlineData("verify: { policy: canary, expected: { 0: x }, compare: numeric, tolerance: 0.1 }", "verify.compare")]
    [InlineData("verify: { policy: none, compare: numeric, tolerance: 0.1 }", "verify.compare")]
    public void Terms_of_checking_that_cannot_be_are_refused(string yaml, string field)
        => Assert.Contains(Errors($"run: {{ wasm: {{ module: a.wasm }} }}\n{yaml}"), e => e.Code == FaultCodes.Malformed && e.Field == field);

    [Theory]
    [InlineData("1e-9")]
    [InlineData("0.000000001")]
    public void Numbers_are_compared_within_a_tolerance_that_the_file_says(string tolerance)
        => Assert.Equal(
            new VerifySpec { Policy = VerifyPolicy.Adaptive, Tolerance = 0.000000001m },
            Read($"run: {{ wasm: {{ module: a.wasm }} }}\nverify: {{ policy: adaptive, compare: numeric, tolerance: {tolerance} }}").Spec.Verify);

    [Theory]
    [InlineData("quorum:2")]
    [InlineData("quorum:1/3")]
    [InlineData("spot")]
    [InlineData("spot:2")]
    [InlineData("adaptive:1")]
    [InlineData("always")]
    public void A_word_that_says_no_terms_of_checking_is_refused(string word) => Assert.Equal(FaultCodes.Malformed, VerifyText.Parse(word).Fault?.Code);

    [Fact]
    public void Logs_are_kept_as_long_as_results_unless_the_file_says_less()
    {
        var silent = Read("run: { wasm: { module: a.wasm } }\nretain: { results: 2d }").Spec;
        Assert.Null(silent.Retain.LogsSeconds);
        Assert.DoesNotContain("logsSeconds", System.Text.Encoding.UTF8.GetString(silent.ToBytes()), StringComparison.Ordinal);
        Assert.Contains(Errors("run: { wasm: { module: a.wasm } }\nretain: { results: 2d, logs: 3d }"), e => e.Code == FaultCodes.Malformed && e.Field == "retain.logs");
    }

    [Fact]
    public void Expected_results_are_paths_that_stay_here_and_an_unknown_answer_for_the_quote()
    {
        var plan = Read("run: { wasm: { module: a.wasm } }\nverify: { policy: canary, expected: { 0: ./a.txt, 7: ./part-00007 } }");
        Assert.Equal([(0, "./a.txt"), (7, "./part-00007")], plan.Expected.OrderBy(e => e.Key).Select(e => (e.Key, e.Value)));
        Assert.Equal([0, 7], plan.Spec.Verify!.Expected!.Keys.Order());
        Assert.Null(plan.Spec.Verify.Problem());
        Assert.DoesNotContain("a.txt", System.Text.Encoding.UTF8.GetString(plan.Spec.ToBytes()), StringComparison.Ordinal);
    }

    [Fact]
    public void A_task_without_checks_says_nothing_of_them()
        => Assert.Null(Read("run: { wasm: { module: a.wasm } }\nverify: { policy: none }").Spec.Verify);

    [Fact]
    public void Stages_and_rounds_become_part_of_the_spec_and_their_programs_stay_here()
    {
        var plan = Read("""
            name: train
            run: { wasm: { module: step.wasm, args: ["{round}"] } }
            env: { A: b }
            merge: { stage: report }
            stages:
              reduce: { needs: [train], run: { wasm: { module: join.wasm } }, resources: { cpu: 2 }, limits: { time: 5m } }
              report: { needs: reduce, run: { wasm: { module: report.wasm } }, parts: 2 }
            rounds: { of: [main, reduce], max: 20, until: out/stop }
            """);
        var reduce = plan.Spec.Stages![0];
        Assert.Equal(("reduce", "main", 1, new StageLimits(300, 100L << 20)), (reduce.Name, reduce.Needs.Single(), reduce.Parts, reduce.Limits));
        Assert.Equal((2000, 2), (reduce.Resources!.Value.CpuMillis, plan.Spec.Stages[1].Parts));
        Assert.Equal((20, "out/stop"), (plan.Spec.Rounds!.Max, plan.Spec.Rounds.Until));
        Assert.Equal(["main", "reduce"], plan.Spec.Rounds.Of);
        Assert.Equal(("join.wasm", "b"), (plan.StagePrograms["reduce"].ModulePath, plan.StagePrograms["reduce"].Env["A"]));
        Assert.Null(Read("run: { wasm: { module: a.wasm } }").Spec.Stages);
    }

    [Theory]
    [InlineData("stages: { a: { needs: [b], run: { wasm: { module: m.wasm } } } }", "no such stage")]
    [InlineData("stages: { a: { needs: [a], run: { wasm: { module: m.wasm } } } }", "needs itself")]
    [InlineData("stages: { a: { run: { wasm: { module: m.wasm } } } }\nmerge: { stage: b }", "no stage 'b'")]
    [InlineData("stages: { a: { needs: [main], run: { wasm: { module: m.wasm } } } }\nmerge: { stage: main }", "needed by another")]
    [InlineData("rounds: { of: [main], max: 0 }", "whole number from 1")]
    [InlineData("rounds: { of: [main], max: 2, until: stop }", "out/stop")]
    [InlineData("stages: { a: { needs: [main], run: { wasm: { module: m.wasm } }, bogus: 1 } }", "bogus")]
    public void Stages_that_make_no_sense_are_refused_with_their_place(string text, string says)
    {
        var (plan, errors) = TaskFile.Parse($"run: {{ wasm: {{ module: a.wasm }} }}\n{text}\n", ".");
        Assert.Null(plan);
        Assert.Contains(errors, e => e.ToString().Contains(says, StringComparison.Ordinal) && e.Line > 1);
    }

    [Fact]
    public void Only_run_is_needed()
    {
        var plan = Read("run: { wasm: { module: tools/count.wasm } }");
        Assert.Equal("count", plan.Spec.Name);
        Assert.Equal(SplitPlan.None, plan.Split);
        Assert.Equal(Resources.Default, plan.Spec.Resources);
    }

    [Fact]
    public void Slow_parts_are_overtaken_when_asked_to_and_not_together_with_what_would_contradict_it()
    {
        const string File = "run: { wasm: { module: a.wasm } }\nlimits: { speculate: true }\n";
        Assert.True(Read(File).Spec.Limits.Speculate);
        Assert.True(Read(File + "privacy: { custody: sealed }").Spec.Limits.Speculate);
        Assert.DoesNotContain("peculate", System.Text.Encoding.UTF8.GetString(Read("run: { wasm: { module: a.wasm } }").Spec.ToBytes()), StringComparison.Ordinal);
        foreach (var other in (string[])["verify: { policy: adaptive }", "privacy: { rotate: true }", "privacy: { sticky: true }"])
        {
            var error = Assert.Single(Errors(File + other));
            Assert.Contains("limits.speculate", error.ToString(), StringComparison.Ordinal);
        }
    }

    [Theory]
    [InlineData("rotate: true", 0)]
    [InlineData("rotate: true, parallel: 1", 1)]
    public void Keys_rotate_when_asked_to_and_the_signed_bytes_say_so(string privacy, int parallel)
    {
        var spec = Read($"run: {{ wasm: {{ module: a.wasm }} }}\nprivacy: {{ {privacy} }}").Spec;
        Assert.Equal((true, parallel), (spec.Privacy.Rotate, spec.Privacy.Parallel));
        Assert.Contains("\"rotate\":true", System.Text.Encoding.UTF8.GetString(spec.ToBytes()), StringComparison.Ordinal);
        Assert.DoesNotContain("rotate", System.Text.Encoding.UTF8.GetString(Read("run: { wasm: { module: a.wasm } }").Spec.ToBytes()), StringComparison.Ordinal);
    }

    [Fact]
    public void Sealed_custody_is_taken_and_attested_is_refused_as_what_no_node_can_offer()
    {
        Assert.Equal(Custody.Sealed, Read("run: { wasm: { module: a.wasm } }\nprivacy: { custody: sealed }").Spec.Privacy.Custody);
        var error = Assert.Single(Errors("run: { wasm: { module: a.wasm } }\nprivacy:\n  cipher: aes-256-gcm\n  custody: attested"));
        Assert.Equal((FaultCodes.CustodyUnavailable, "privacy.custody", 4), (error.Code, error.Field, error.Line));
        Assert.Contains("no node here offers attestation hardware", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Rotating_keys_and_parts_at_once_do_not_go_together()
    {
        var error = Assert.Single(Errors("run: { wasm: { module: a.wasm } }\nprivacy: { rotate: true, parallel: 4 }"));
        Assert.Equal((FaultCodes.Malformed, "privacy.parallel", 2), (error.Code, error.Field, error.Line));
        Assert.Contains("one part runs at a time", error.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("sha256:")]
    [InlineData("registry.example/name@sha256:")]
    public void A_docker_image_is_taken_by_digest(string prefix)
    {
        var digest = new string('a', 64);
        var plan = Read($"run: {{ docker: {{ image: \"{prefix}{digest}\", command: [sh, -c, ls], workdir: /work, user: 1000 }} }}");
        Assert.Equal($"sha256:{digest}", plan.Spec.Image);
        Assert.Equal(prefix == "sha256:" ? null : "registry.example/name", plan.Spec.Repository);
        Assert.Equal(["sh", "-c", "ls"], plan.Program.Command);
        Assert.Equal(("/work", "1000"), (plan.Program.Workdir, plan.Program.User));
    }

    [Fact]
    public void A_machines_image_is_taken_by_digest()
    {
        var digest = $"sha256:{new string('b', 64)}";
        var plan = Read($"run: {{ vm: {{ image: \"{digest}\", command: [/primes.sh, \"{{part}}\"], user: 1000 }} }}");
        Assert.Equal((WorkloadKind.Vm, digest, "vm"), (plan.Spec.Kind, plan.Spec.Image, plan.Spec.Name));
        Assert.Equal(["/primes.sh", "{part}"], plan.Program.Command);
        Assert.Equal("1000", plan.Program.User);
    }

    [Theory]
    [InlineData("run: { vm: { image: debian, command: [ls] } }", "run.vm.image")]
    [InlineData("run: { vm: { command: [ls] } }", "run.vm.image")]
    [InlineData("run: { vm: { image: \"sha256:bbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbb\" } }", "run.vm.command")]
    public void A_machine_without_digest_or_command_is_refused(string yaml, string field)
        => Assert.Equal((FaultCodes.Malformed, field), (Assert.Single(Errors(yaml)).Code, Assert.Single(Errors(yaml)).Field));

    [Fact]
    public void A_docker_image_may_be_a_file_that_is_sent_along()
    {
        var plan = Read("run: { docker: { image: ./image.oci.tar } }");
        Assert.Equal(("./image.oci.tar", null), (plan.Program.ImagePath, plan.Spec.Image));
    }

    [Theory]
    [InlineData("{ count: 2, vendor: nvidia, memory: 8GiB }", 2, GpuVendor.Nvidia, 8L << 30)]
    [InlineData("{ vendor: amd }", 1, GpuVendor.Amd, 0)]
    public void Gpus_are_asked_for_by_count_vendor_and_memory(string gpu, int count, GpuVendor vendor, long memory)
        => Assert.Equal(
            new GpuRequest(count, vendor, memory), Read($"run: {{ docker: {{ image: ./x.tar }} }}\nresources: {{ gpu: {gpu} }}").Spec.Gpu);

    [Theory]
    [InlineData("{ count: 0 }", "docker: { image: ./x.tar }", true)]
    [InlineData("{ count: 65 }", "docker: { image: ./x.tar }", false)]
    [InlineData("{ count: 1 }", "wasm: { module: a.wasm }", false)]
    public void No_gpus_are_none_and_too_many_or_for_others_than_docker_are_refused(string gpu, string run, bool isFine)
    {
        var (plan, errors) = TaskFile.Parse($"run: {{ {run} }}\nresources: {{ gpu: {gpu} }}", ".");
        Assert.Equal(isFine, errors.Count == 0);
        Assert.Null(plan?.Spec.Gpu);
    }

    [Fact]
    public void Destinations_are_taken_with_https_as_the_port_when_none_is_said()
        => Assert.Equal(
            ["example.org:443", "*.example.net:80"],
            Read("run: { docker: { image: ./x.tar } }\nnetwork: { allow: [example.org, \"*.example.net:80\"] }").Spec.Network!.Allow);

    [Theory]
    [InlineData("run: { docker: { image: ./x.tar } }\nnetwork: { allow: [] }")]
    [InlineData("run: { docker: { image: ./x.tar } }\nnetwork: { allow: [\"https://example.org\"] }")]
    [InlineData("run: { docker: { image: ./x.tar } }\nnetwork: { allow: [\"example.org:0\"] }")]
    [InlineData("run: { wasm: { module: a.wasm } }\nnetwork: { allow: [example.org] }")]
    public void A_network_that_cannot_be_is_refused(string yaml) => Assert.NotEmpty(Errors(yaml));

    [Theory]
    [InlineData("secrets: [{ store: x }]", "secrets", 2)]
    [InlineData("placement: { minRank: silver }", "placement.minRank", 2)]
    [InlineData("placement: { own: true }", "placement.own", 2)]
    [InlineData("budget: { model: lease }", "budget.model", 2)]
    [InlineData("notify: [mail]", "notify", 2)]
    public void What_a_later_release_brings_is_refused_by_name_and_line(string yaml, string field, int line)
    {
        var errors = Errors(yaml.StartsWith("run", StringComparison.Ordinal) ? yaml : $"run: {{ wasm: {{ module: a.wasm }} }}\n{yaml}");
        var error = Assert.Single(errors);
        Assert.Equal((FaultCodes.NotYet, field, line), (error.Code, error.Field, error.Line));
    }

    [Theory]
    [InlineData("resources: { memroy: 1MiB }", "resources.memroy", "memory")]
    [InlineData("limts: { time: 1s }", "limts", "limits")]
    [InlineData("privacy: { Parallel: 3 }", "privacy.Parallel", "parallel")]
    public void An_unknown_field_is_refused_with_the_nearest_name(string yaml, string field, string meant)
    {
        var error = Assert.Single(Errors($"run: {{ wasm: {{ module: a.wasm }} }}\n{yaml}"));
        Assert.Equal((FaultCodes.UnknownField, field, 2), (error.Code, error.Field, error.Line));
        Assert.Contains($"'{meant}'", error.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("resources: { cpu: two }", "resources.cpu")]
    [InlineData("resources: { memory: 5 parsecs }", "resources.memory")]
    [InlineData("limits: { time: soon }", "limits.time")]
    [InlineData("limits: { retries: -1 }", "limits.retries")]
    [InlineData("budget: { max: -2 }", "budget.max")]
    [InlineData("budget: { tier: gold }", "budget.tier")]
    [InlineData("env: { 1X: a }", "env.1X")]
    [InlineData("env: [a]", "env")]
    [InlineData("name: { a: b }", "name")]
    [InlineData("split: { by: lines }\ninput: a", "split.size")]
    [InlineData("split: { by: lines, size: 0 }\ninput: a", "split.size")]
    [InlineData("split: { by: lines, size: 5 }", "split.by")]
    [InlineData("placement: { operators: { deny: [bob] } }", "placement.operators.deny")]
    public void A_wrong_value_is_named(string yaml, string field)
    {
        var error = Assert.Single(Errors($"run: {{ wasm: {{ module: a.wasm }} }}\n{yaml}"));
        Assert.Equal((FaultCodes.Malformed, field), (error.Code, error.Field));
        Assert.True(error.Line >= 2 && error.Column >= 1, error.ToString());
    }

    [Fact]
    public void All_errors_come_at_once_in_order_of_lines()
    {
        var errors = Errors("nam: x\nrun: { wasm: {} }\nresources:\n  cpu: x\n  memory: y\nnotify: [mail]\n");
        Assert.Equal([1, 2, 4, 5, 6], errors.Select(e => e.Line));
    }

    [Theory]
    [InlineData("run: [", 1)]
    [InlineData("a: 1\na: 2", 2)]
    [InlineData("", 1)]
    [InlineData("- a", 1)]
    public void What_is_not_a_mapping_is_one_error_with_a_line(string yaml, int line)
    {
        var (plan, errors) = TaskFile.Parse(yaml, ".");
        Assert.Null(plan);
        Assert.InRange(Assert.Single(errors.Take(1)).Line, 1, line + 1);
    }

    [Fact]
    public void Validation_finds_missing_modules_and_inputs_with_their_lines()
    {
        using var folder = new TempFolder();
        var path = folder.Write("task.yaml", "run:\n  wasm:\n    module: ./none.wasm\ninput: [ nothing*.txt ]\n");
        var (_, errors) = TaskFileValidator.Validate(path);
        Assert.Equal([("run.wasm.module", 3), ("input", 4)], errors.Select(e => (e.Field, e.Line)));
    }

    private static TaskPlan Read(string yaml)
    {
        var (plan, errors) = TaskFile.Parse(yaml, ".");
        Assert.Empty(errors);
        return plan!;
    }

    private static IReadOnlyList<SpecError> Errors(string yaml)
    {
        var (plan, errors) = TaskFile.Parse(yaml, ".");
        Assert.Null(plan);
        return errors;
    }
}

using System.Globalization;
using System.Text;
using Rxelon.Domain.Tasks;

namespace Rxelon.Domain.Tests.Tasks;

/// <summary>All of a task that its kept events determine, as text to compare.</summary>
internal static class TaskDump
{
    internal static string Of(TaskState s, bool withTimes = true)
    {
        var text = new StringBuilder();
        text.AppendLine(CultureInfo.InvariantCulture,
            $"{s.Phase is TaskPhase.Submitted or TaskPhase.Queued} {s.Tier} {s.Hold} {s.BudgetMax} {s.Wish} {s.Shares} {s.OpenWeight} {s.RunningWeight} {s.Round} {s.Readied} {string.Join(',', s.StageStarts)} {string.Join(',', s.ReadyCounts)} {s.DeadlineSeconds} {s.Ended?.Phase} {s.Ended?.Reason.Code} {s.Erased}");
        text.AppendLine(CultureInfo.InvariantCulture,
            $"{s.RunningCount} {s.WaitingCount} {s.AcceptedCount} {s.Reserved} {s.Cost} {s.SettledUpTo} {s.StickTo} {string.Join(',', s.Adjustments.Order())}");
        text.AppendLine(CultureInfo.InvariantCulture,
            $"{s.AnsweredCount} {s.AnsweredCost} {string.Join(',', s.Distrusted.Select(d => d.ToString()).Order(StringComparer.Ordinal))} {string.Join(',', s.EarnedBy.Select(e => e.ToString()).Order(StringComparer.Ordinal))} {string.Join(',', s.Checks.OrderBy(c => c.Key).Select(c => $"{c.Key}:{string.Join('+', c.Value)}"))}");
        text.AppendJoin(',', s.AcceptedOrder).AppendLine();
        if (withTimes)
            text.AppendLine(CultureInfo.InvariantCulture, $"{s.SubmittedAt:O} {s.StartedAt:O} {s.EndedAt:O} {s.UnsettledSince:O}");
        foreach (var part in s.Parts)
        {
            var r = part.Running;
            var t = part.Trouble;
            text.Append(CultureInfo.InvariantCulture, $"{part.Attempts} {r?.Node} {r?.Session} {r?.Cap} {Convert.ToHexString(r?.SessionKey ?? [])}");
            if (withTimes)
                text.Append(CultureInfo.InvariantCulture, $" {r?.Due:O}");
            if (part.Origin is { } o)
                text.Append(CultureInfo.InvariantCulture, $" | {o.Stage} {o.Round} {o.Index} {o.Source} {string.Join(',', o.AllNeeds)} {string.Join(',', o.Compares ?? [])} {part.Missing}");
            if (part.Origin?.CheckOf is not null || part.Answered is not null)
                text.Append(CultureInfo.InvariantCulture, $" | {part.Origin?.CheckOf} {part.Answered?.Result.Attempt} {part.Answered?.Result.Cost} {part.Answered?.Revealed} {part.Answered?.EqualTo}");
            text.Append(CultureInfo.InvariantCulture, $" | {part.Result?.Stop} {part.Result?.Attempt} {part.Result?.Cost} {part.Result?.Result.Id}");
            text.AppendLine(CultureInfo.InvariantCulture,
                $" | {t?.ProgramFaults} {t?.OtherFaults} {t?.Last.Code} {string.Join(',', t?.Avoid ?? [])} {string.Join(',', t?.ProgramCodes ?? [])} {string.Join(',', t?.Deaths ?? [])} {t?.HandOvers} {part.Checkpoint}");
        }

        return text.ToString();
    }
}

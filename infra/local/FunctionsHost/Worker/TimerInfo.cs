namespace Microsoft.Azure.Functions.Worker;

/// <summary>Given to a function that runs by the clock.</summary>
public sealed class TimerInfo
{
    /// <summary>Last and next run.</summary>
    public ScheduleStatus? ScheduleStatus { get; set; }

    /// <summary>True when the run is later than planned.</summary>
    public bool IsPastDue { get; set; }
}

/// <summary>Times of a schedule.</summary>
public sealed class ScheduleStatus
{
    /// <summary>The run before.</summary>
    public DateTime Last { get; set; }

    /// <summary>The next planned run.</summary>
    public DateTime Next { get; set; }

    /// <summary>When this was written.</summary>
    public DateTime LastUpdated { get; set; }
}

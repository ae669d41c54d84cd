namespace LspsPlugin.Cln.Provider.Reporting;

/// <summary>How an operator is alerted.</summary>
/// <param name="Alerts">What is raised and what was over lately.</param>
/// <param name="Attention">Wakes whoever looks.</param>
/// <param name="Incidents">What happened at one moment.</param>
internal sealed record Alarm(AlertBook Alerts, Attention Attention, Incidents Incidents);

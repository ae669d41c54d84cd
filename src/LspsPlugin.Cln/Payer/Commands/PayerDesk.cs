using LspsPlugin.Cln.Node;
using LspsPlugin.Cln.Payer.Invoices;
using LspsPlugin.Cln.Payer.Routes;
using LspsPlugin.Core.Lightning;
using LspsPlugin.Durable.Payments;

namespace LspsPlugin.Cln.Payer.Commands;

/// <summary>What the commands work on.</summary>
/// <param name="Tower">The payments.</param>
/// <param name="Routes">Knows the node's layers.</param>
/// <param name="Invoices">Gets and reads invoices of BOLT 12.</param>
/// <param name="News">Tells of changes.</param>
/// <param name="Self">This node.</param>
/// <param name="Height">Returns the block height.</param>
/// <param name="Time">The clock.</param>
/// <param name="Stopping">The end of the process.</param>
internal sealed record PayerDesk(
    PaymentTower Tower, ClnRoutes Routes, Bolt12Invoices Invoices, PaymentNews News, NodeSettings Self, Func<BlockHeight> Height, TimeProvider Time, CancellationToken Stopping);

from . import backtest, curve_sql, purchase_model, purchase_sql, return_curve

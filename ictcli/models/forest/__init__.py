"""Trees of LightGBM, XGBoost and Random Forest in one layout, evaluated by one kernel."""

// The page that leads to several reports.
startTheme();
startSortable();

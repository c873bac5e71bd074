import[
,